# `make demo` and `make test` do all the set-up: Python >= 3.11, make and git are enough.
PYTHON ?= python3
VENV ?= .venv
CONSTRAINTS ?= constraints.txt
BIN = $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help demo test oldest matrix lint coverage mutants doc dist installed clean

help:
	@echo "make demo   build $(VENV), cluster the bundled digits, write pictures below ./demo"
	@echo "make test   build $(VENV), run the tests"
	@echo "make oldest  run them with the oldest versions of everything, in .venv-oldest"
	@echo "make matrix  make test, make oldest, and the tests beside scikit-learn 1.6, 1.7 and 1.8"
	@echo "make lint   build $(VENV), check style, types, spelling and docstrings"
	@echo "make doc    build $(VENV), run the examples, write the documentation to doc/_build/html"
	@echo "make coverage  lines and branches that the tests reach"
	@echo "make mutants  which changes of sklearn_gmvae/models no test of theirs notices"
	@echo "make dist   build and check wheel and source archive in ./dist"
	@echo "make installed  install the wheel into an empty environment and run the demo there"
	@echo "make clean  remove $(VENV), the demo's pictures and the documentation"

$(VENV)/.stamp: pyproject.toml $(CONSTRAINTS)
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python >= 3.11 is needed; name one with: make PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -c $(CONSTRAINTS) -e ".[test]"
	touch $@

demo: $(VENV)/.stamp
	$(BIN)/python -m sklearn_gmvae demo

# SCIPY_ARRAY_API=1 switches on the array-API check that scikit-learn otherwise skips. One process a
# core, each with one thread: the tests' many small fits gain nothing from a second.
test: $(VENV)/.stamp
	SCIPY_ARRAY_API=1 OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n auto --dist worksteal

oldest:
	$(MAKE) test VENV=.venv-oldest CONSTRAINTS=tests/oldest.txt

# What scikit-learn 1.9 has and those before it have not: callbacks, tags, documentation links. Each
# stands beside the environment's own and is found before it, with a polars whose columns it can name
# (it asks for them in a way that polars 2 has no more); the tests are those of what it is asked for.
SKLEARNS = 1.6.1 1.7.2 1.8.0
OF_SKLEARN = $(addprefix tests/,test_common.py test_callbacks.py test_estimators.py test_html.py \
	test_docs.py test_resume.py test_surroundings.py test_tables.py test_persistence.py inspection)

$(VENV)/sklearn-%: $(VENV)/.stamp
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --target $@ scikit-learn==$* polars==1.20.0

matrix: test oldest $(SKLEARNS:%=$(VENV)/sklearn-%)
	for version in $(SKLEARNS); do \
	  echo "scikit-learn $$version"; \
	  PYTHONPATH=$(VENV)/sklearn-$$version SCIPY_ARRAY_API=1 OMP_NUM_THREADS=1 \
	    $(BIN)/python -m pytest -q -W ignore::pytest.PytestRemovedIn10Warning -n auto --dist worksteal \
	    $(OF_SKLEARN) || exit 1; \
	done

$(VENV)/.lint: $(VENV)/.stamp
	$(BIN)/pip install --quiet --disable-pip-version-check -c $(CONSTRAINTS) -e ".[lint]"
	touch $@

lint: $(VENV)/.lint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/codespell
	$(BIN)/python tests/check_docstrings.py

# Which lines and branches the tests reach.
coverage: $(VENV)/.lint
	$(BIN)/python -m coverage erase
	OMP_NUM_THREADS=1 $(BIN)/python -m coverage run -m pytest -n auto --dist worksteal
	$(BIN)/python -m coverage combine --quiet
	$(BIN)/python -m coverage report

# Some 20 minutes. What survives is listed in doc/notes/mutants.rst, each with why it may; fails if one
# has no reason.
mutants: $(VENV)/.stamp
	$(BIN)/pip install --quiet --disable-pip-version-check -c $(CONSTRAINTS) "mutmut>=3.8"
	OMP_NUM_THREADS=1 $(BIN)/python -m mutmut run
	$(BIN)/python tests/mutants.py

$(VENV)/.doc: $(VENV)/.stamp
	$(BIN)/pip install --quiet --disable-pip-version-check -c $(CONSTRAINTS) -e ".[doc]"
	touch $@

# Warnings are errors, broken references among them. Nothing is downloaded. Examples that have not
# changed since they were last run are not run again.
doc: $(VENV)/.doc
	OMP_NUM_THREADS=1 $(BIN)/python -m sphinx -q -W --keep-going -b html doc doc/_build/html
	@echo "The documentation is in doc/_build/html/index.html"

# Wheel and source archive, checked.
dist: $(VENV)/.stamp
	$(BIN)/pip install --quiet --disable-pip-version-check build twine
	$(BIN)/python -m build --outdir dist .
	$(BIN)/python -m twine check --strict dist/*

# The wheel, and nothing of this folder, in an empty environment: the demo from there.
installed: dist
	$(PYTHON) -m venv --clear .venv-installed
	wheel=$$(ls -t dist/*.whl | head -1) && \
	  .venv-installed/bin/pip install --quiet --disable-pip-version-check -c constraints.txt "$$wheel[plot]"
	cd dist && ../.venv-installed/bin/python -m sklearn_gmvae demo --out ../demo-installed

clean:
	rm -rf $(VENV) .venv-oldest .venv-installed demo demo-installed dist doc/_build doc/auto_examples doc/generated
