"""`python -m targeted_lists` is `targeted-lists`."""

from __future__ import annotations

import sys

if not (3, 11) <= sys.version_info[:2] <= (3, 13):
    # Before the imports below, which another Python does not have.
    sys.exit("Python 3.11, 3.12 or 3.13 is needed; this one is " + sys.version.split()[0] + ".")

from targeted_lists.cli.app import main

if __name__ == "__main__":
    sys.exit(main())
