"""Write the sample: `python -m targeted_lists.sample [--out data/sample] [--seed 42]`.

With `--layout order_export` its order lines are written as an online shop would export them, with
`--duplicates 0.05` one in twenty customers has two keys or three, with `--refills 0.1` one in ten
buys some products again whenever they are used up.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from targeted_lists.sample import generate_sample, render_order_export, write_sample


def main() -> None:
    """Read the options, write the files, and say what was written."""
    parser = argparse.ArgumentParser(
        prog="python -m targeted_lists.sample",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--layout",
        choices=("contract", "order_export"),
        default="contract",
        help="how the files are written (contract)",
    )
    parser.add_argument(
        "--out", type=Path, help="folder to write (data/sample, or data/order_export)"
    )
    parser.add_argument("--seed", type=int, default=42, help="same seed, same bytes")
    parser.add_argument(
        "--duplicates",
        type=float,
        default=0,
        metavar="SHARE",
        help="share of the customers with more than one key (0)",
    )
    parser.add_argument(
        "--refills",
        type=float,
        default=0,
        metavar="SHARE",
        help="share of the customers who buy products again as they use them up (0)",
    )
    options = parser.parse_args()
    drawn = {
        "seed": options.seed,
        "duplicates": options.duplicates,
        "refills": options.refills,
    }
    if options.layout == "order_export":
        folder = options.out or Path("data/order_export")
        print(render_order_export(generate_sample(**drawn), folder))
        return
    sample = write_sample(options.out or Path("data/sample"), **drawn)
    for name, frame in sample.inputs.items():
        print(f"{name:26} {len(frame):>7} rows")


if __name__ == "__main__":
    main()
