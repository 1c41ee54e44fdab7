# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""List the mutants that survived ``mutmut run``, each with why it may, in doc/notes/mutants.rst.

Run from the folder where mutmut ran. Fails if a survivor has no reason here: then a test is
missing, or a reason.
"""

import re
from collections import Counter, defaultdict
from itertools import takewhile
from pathlib import Path

from mutmut.__main__ import collect_source_file_mutation_data, status_by_exit_code
from mutmut.mutation.diff_apply import get_diff_for_mutant

NOTE = Path("doc/notes/mutants.rst")
BEGIN, END = ".. begin survivors\n", ".. end survivors\n"

MARGIN = 2  # tokens shown on both sides of a change, of those before twice as many

# In which functions, which change (bare, with what stands about it, or as a whole line), and why
# nothing can notice it. The first that fits counts. Each is as narrow as what was looked at: a
# wrong sign or a wrong name elsewhere is no equivalent.
REASONS = [
    ("_side", r"0 => 1", "padding by nothing: the larger of it and 0"),
    ("autoencoder_elbo_at", r"0 => 1", "zeros of the shape of any column"),
    ("Gaussian.__init__", r"False => None", "None is as false"),
    (
        "principal_factors",
        r"negligible = .*\.eps \*\* 2 => negligible = .*\.eps (\* 2|\*\* 3)$",
        "any number far below 1, beside a correlation",
    ),
    (
        "principal_factors",
        r"own = 1\.0 / (torch.*) => own = (1\.0 \*|2\.0 /) \1$"
        r"|own = own\.to\(scale\)\.clamp\(.* => own = own\.to\(scale\)\.clamp\(",
        "where an iteration begins whose end is the same",
    ),
    ("_poisson", r"self.library_size => None", "an argument that this likelihood does not look at"),
    ("remainder", r"1260 => 1261", "the last term of a series, below the rounding of float32"),
    ("least_squares|raw_log_var", r"\+ => -", "the sign of what only keeps a sum from zero"),
    (
        "missing|encoder_input|Convolution.forward",
        r"not =>|.* (or True|and False)",
        "more than is needed, with the same answer: a look, a mask or a padding where there is "
        "nothing to see, to mask or to pad",
    ),
    ("sample", r"\+ => -", "minus for plus before noise that is symmetric"),
    ("", r".*persistent=False.* => .*persistent=None", "``persistent=None`` is as false"),
    ("", r".*strict=True.* => ", "``strict=`` of ``zip`` over sequences of one length"),
    (
        "",
        r".*\b(sum|logsumexp|log_softmax|unsqueeze|flip|[Uu]nflatten|gather|all)\(-[12][,)] => "
        r".*\b\1\(\+[12][,)]$|.*dim=-1\) => .*dim=\+1\)$|.*\.shape\[-1\] => .*\.shape\[\+1\]$",
        "an axis counted from the front, where that is the same one",
    ),
    (
        "Mixed",
        r".*\), -1\) => .*\), \+1\)$",
        "an axis counted from the front, where that is the same one",
    ),
    ("", r"torch\.empty\(0\)\. => torch\.empty\(1\)\.", "a tensor made to ask where tensors go"),
    (
        "sample|encoder_input|Encoder.forward|Decoder.forward|principal_factors",
        r".*(\.to\(|\)\), x\.dtype).* => .*None\)",
        "the dtype or device that the tensor has in any case",
    ),
    (
        "convolution_shapes|_glorot|objective|_conv|build_likelihood",
        r"[\w .]+ => (XX.*XX|[A-Z .]+|vae)$",
        "words of an ``assert`` or of a message's end",
    ),
    ("", r"kd,kde->ke => KD,KDE->KE", "other letters for the same axes"),
    (
        "hidden|cluster_term|principal_factors",
        r" => =",
        "``<=`` for ``<`` of floats that are never equal",
    ),
]


def main() -> int:
    mutants, _ = collect_source_file_mutation_data(mutant_names=())
    statuses = Counter(status_by_exit_code[code] for _, _, code in mutants)
    survivors = [
        (data.path, name)
        for data, name, code in mutants
        if status_by_exit_code[code] not in ("killed", "not checked")
    ]
    by_reason, unexplained = defaultdict(list), []
    for path, name in survivors:
        where = place(name)
        *forms, shown = difference(get_diff_for_mutant(name, path=path))
        line = f"``{where}``: ``{shown}``"
        reason = next(
            (
                why
                for who, what, why in REASONS
                if re.search(who, where) and any(re.match(what, form) for form in (*forms, shown))
            ),
            None,
        )
        if reason is None:
            unexplained.append(line)
        else:
            by_reason[reason].append(line)
    print(dict(statuses), f"{len(unexplained)} survivors have no reason", *unexplained, sep="\n")
    lines = [
        f"{len(mutants):,} changes, {statuses['killed']:,} noticed "
        f"({statuses['killed'] / len(mutants):.3f}); the others, each with why:\n"
    ]
    for reason, names in by_reason.items():
        lines.append(f"\n{reason[0].upper()}{reason[1:]} ({len(names)}):\n\n")
        lines += [f"- {name}\n" for name in names]
    text = NOTE.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    NOTE.write_text(f"{before}{BEGIN}\n{''.join(lines)}\n{END}{after}", encoding="utf-8")
    return len(unexplained)


def place(mutant: str) -> str:
    """``module.Class.function`` of a mutant's name."""
    name = mutant.removeprefix("sklearn_gmvae.models.").rsplit("__mutmut_", 1)[0]
    module, _, function = name.rpartition(".")
    return f"{module}.{function.removeprefix('xǁ').removeprefix('x_').replace('ǁ', '.')}"


def difference(diff: str) -> tuple[str, str, str]:
    """What a mutant changes, as ``before => after``: barely, as a whole line, and with what stands
    about it."""
    lines = [line for line in diff.splitlines() if not line.startswith(("---", "+++"))]
    before, after = (
        re.findall(r"\w+|\s+|[^\w\s]", " ".join(x[1:].strip() for x in lines if x.startswith(sign)))
        for sign in "-+"
    )
    first = n_common(before, after)
    n_last = n_common(before[first:][::-1], after[first:][::-1])

    def shown(margin: int) -> str:
        begin = max(first - 2 * margin, 0)
        parts = [
            tokens[begin : len(tokens) - max(n_last - margin, 0)] for tokens in (before, after)
        ]
        return " => ".join("".join(part).strip() for part in parts)

    whole = " => ".join("".join(tokens).strip() for tokens in (before, after))
    return shown(0), whole, shown(MARGIN)


def n_common(a: list[str], b: list[str]) -> int:
    """How many tokens two sequences both begin with."""
    pairs = zip(a, b, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


if __name__ == "__main__":
    raise SystemExit(main() > 0)
