"""Write the sample: `python -m targeted_lists.sample [--out data/sample] [--seed 42]`."""

from __future__ import annotations

import argparse
from pathlib import Path

from targeted_lists.sample import write_sample


def main() -> None:
    """Read the options, write the files, and say what was written."""
    parser = argparse.ArgumentParser(prog="python -m targeted_lists.sample", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("data/sample"), help="folder to write")
    parser.add_argument("--seed", type=int, default=42, help="same seed, same bytes")
    options = parser.parse_args()
    sample = write_sample(options.out, seed=options.seed)
    for name, frame in sample.inputs.items():
        print(f"{name:26} {len(frame):>7} rows")


if __name__ == "__main__":
    main()
