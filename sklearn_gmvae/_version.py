# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause

"""The version, and that of the method, in one place."""

__version__ = "0.1.0.dev0"

# Raised by every change that alters what fits give beyond rounding: figures of one method are
# comparable, and results files are continued, across commits. tests/test_reference.py tells when.
# 2 is 1 bit for bit where no column has a Gaussian likelihood; 3 is 2 bit for bit where no other
# start beats the consensus of merges; 4 is 3 where Gaussians would not undo a better start
# and no column of numbers has few values; 5 is 4 where K Gaussians of the columns are not all that
# the rows tell; 6 is 5 where no entry is missing in fit; 7 is 6 but for counts alone, pretrained as
# long as pretrain_iter=None says; 8 is 7 but for faint values in [0, 1] whose likelihood is "auto",
# and for Gaussian columns, of 200 or more nine tenths zero, that are zero in most rows; 9
# is 8 but for pixels and principal components whose likelihood is "gaussian", or was by "auto"; 10
# is 9 but for Gaussian columns, of 200 or more, that are one value in a fifth of the rows; 11 is 10
# where the start on codes is the same, and X is not within [0, 1] or likelihood is not "auto"; 12
# is 11 where the start on codes is the same; 13 is 12 but for bytes of few grey levels in less than
# 200 columns, functions as augment, and streams some of whose rows never come again.
METHOD = 13
