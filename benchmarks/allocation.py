"""Time and memory of one budget over lists: `.venv/bin/python benchmarks/allocation.py`.

Makes up customers who are candidates of many of six lists, each with two offers by one channel,
and allocates one budget among them in a process of its own. With `--optimum` also compares worlds
of several thousand rows with the upper bound that HiGHS proves. Run by hand: a shared machine's
seconds are no test.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests/python"))

from allocation_worlds import make_world, solve_exactly
from stages import measure

from python_ml.allocation import allocate

MOST_SECONDS = 60
LISTS, VARIANTS, CHANNELS = 6, 2, 1


def run(folder: Path) -> None:
    """Allocate what lies in the folder, and print the figures as JSON."""
    candidates, lists = (pd.read_pickle(folder / f"{name}.pkl") for name in ("rows", "lists"))
    total = json.loads((folder / "total.json").read_text(encoding="utf-8"))
    started = time.perf_counter()
    decisions = allocate(candidates, lists=lists, total_budget=total)
    seconds = time.perf_counter() - started
    print(json.dumps({"seconds": seconds, "taken": int(decisions["is_taken"].sum())}))


def find_ratios(customers: int, worlds: int) -> np.ndarray:
    """Return the value of the allocation over the upper bound, world by world."""
    ratios = []
    for seed in range(worlds):
        candidates, lists, total = make_world(seed, customers=customers)
        decisions = allocate(candidates, lists=lists, total_budget=total)
        values = candidates.merge(decisions[decisions["is_taken"]])["expected_value"].sum()
        ratios.append(values / solve_exactly(candidates, lists, total))
    return np.array(ratios)


def main() -> int:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=480_000)
    parser.add_argument("--worlds", type=int, default=3)
    parser.add_argument("--optimum", nargs=2, type=int, metavar=("CUSTOMERS", "WORLDS"))
    parser.add_argument("--folder", type=Path, help="for the process of its own")
    options = parser.parse_args()
    if options.folder:
        run(options.folder)
        return 0
    if options.optimum:
        ratios = find_ratios(*options.optimum)
        shown = ", ".join(f"{one:.4f}" for one in np.quantile(ratios, [0, 0.01, 0.5]))
        print(f"{len(ratios)} worlds: smallest, 1 % and median of value / bound: {shown}")
        return 0
    print("| world | rows | taken | seconds | with start and reading | peak memory, MB |")
    print("|---|---|---|---|---|---|")
    slowest = 0.0
    for seed in range(options.worlds):
        candidates, lists, total = make_world(
            seed,
            customers=options.customers,
            lists=LISTS,
            variants=VARIANTS,
            channels=CHANNELS,
            uncontacted=0.1,
        )
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            candidates.to_pickle(folder / "rows.pkl")
            lists.to_pickle(folder / "lists.pkl")
            (folder / "total.json").write_text(json.dumps(total), encoding="utf-8")
            command = [sys.executable, __file__, "--folder", name]
            found = measure(command, folder=Path.cwd())
        own = json.loads(found.output)
        slowest = max(slowest, own["seconds"])
        print(
            f"| {seed} | {len(candidates):,} | {own['taken']:,} | {own['seconds']:.1f} "
            f"| {found.seconds:.1f} | {found.peak_mb:,.0f} |",
            flush=True,
        )
    return 0 if slowest <= MOST_SECONDS else 1


if __name__ == "__main__":
    sys.exit(main())
