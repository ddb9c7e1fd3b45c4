"""Time and memory of the counting of itemsets: `.venv/bin/python benchmarks/baskets.py`.

Two tables, by hand: next to mlxtend's `apriori` and `fpgrowth` on the same 100,000 baskets, and on
2.5 million baskets of 45 million lines, where mlxtend cannot go. Each way has a process of its
own, so that its peak memory is its own, and the best of three counts. All start from the same
rows; what brings them into the shape to count in is shown apart. Baskets are skewed as in a shop:
few items sell much and most little (Zipf), sizes are spread wide (log-normal), and groups of items
are bought together.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from math import ceil
from pathlib import Path

import numpy as np
import pandas as pd
from mlxtend.frequent_patterns import apriori, fpgrowth
from scipy.sparse import csr_matrix

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from python_ml.baskets import BIT_SETS, encode_baskets, find_frequent_itemsets  # noqa: E402

COMPARED = ("bit sets", "apriori", "apriori, low memory", "fpgrowth", "fpgrowth, sparse")
SEED = 5
ITEMS = 20_000
GROUPS = 300
GROUP_SIZE = 5


def draw_lines(*, baskets: int, lines: int, seed: int = SEED) -> pd.DataFrame:
    """Draw realistic baskets.

    Returns
    -------
    One row per basket and item, repeats included: `basket_id` (int32) and `item` (categorical).
    """
    rng = np.random.default_rng(seed)
    mean = lines / baskets
    sizes = np.maximum(1, rng.lognormal(np.log(mean) - 0.3, 0.75, baskets).round()).astype(int)
    sizes = np.maximum(1, (sizes * (lines / sizes.sum())).round()).astype(int)
    basket = np.repeat(np.arange(baskets, dtype=np.int32), sizes)
    weights = 1 / (np.arange(ITEMS) + 30) ** 0.9
    item = rng.choice(ITEMS, size=len(basket), p=weights / weights.sum()).astype(np.int16)
    # Nearly half of the lines follow the line before them into its group of items.
    is_follower = (rng.random(len(basket)) < 0.45) & (np.diff(basket, prepend=-1) == 0)
    followed = np.roll(item, 1)
    is_follower &= followed < GROUPS * GROUP_SIZE
    drawn = rng.integers(GROUP_SIZE, size=len(basket)).astype(np.int16)
    item[is_follower] = followed[is_follower] // GROUP_SIZE * GROUP_SIZE + drawn[is_follower]
    names = [f"P{number:05d}" for number in range(ITEMS)]
    return pd.DataFrame({"basket_id": basket, "item": pd.Categorical.from_codes(item, names)})


def prune(rows: pd.DataFrame, *, min_baskets: float) -> pd.DataFrame:
    """Keep the frequent items, as SQL does before the count; `item` keeps its categories."""
    codes = rows["item"].cat.codes.to_numpy()
    pairs = np.unique(rows["basket_id"].to_numpy().astype(np.int64) * ITEMS + codes)
    is_frequent = np.bincount(pairs % ITEMS, minlength=ITEMS) >= min_baskets
    return rows[is_frequent[codes]]


def measure(
    way: str, *, baskets: int, lines: int, min_support: float, max_length: int, runs: int
) -> dict:
    """Count the itemsets in one way; wall seconds, peak MB of the process, itemsets found."""
    rows = draw_lines(baskets=baskets, lines=lines)
    rows = prune(rows, min_baskets=min_support * baskets)
    request = {"baskets": baskets, "min_support": min_support, "max_length": max_length}
    run = run_own if way == COMPARED[0] else run_mlxtend
    encoding, counting, itemsets = min(
        (run(rows, way=way, **request) for _ in range(runs)), key=lambda one: one[0] + one[1]
    )
    return {
        "way": way,
        "items": rows["item"].nunique(),
        "lines": len(rows),
        "encoding": encoding,
        "counting": counting,
        "itemsets": itemsets,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def run_own(
    rows: pd.DataFrame, *, way: str, baskets: int, min_support: float, max_length: int
) -> tuple[float, float, int]:
    """Time the project's own count: seconds of encoding, seconds of the rest, itemsets."""
    started = time.perf_counter()
    encoded = encode_baskets(rows, min_baskets=ceil(min_support * baskets))
    encoding = time.perf_counter() - started
    del encoded
    started = time.perf_counter()
    found = find_frequent_itemsets(
        rows,
        n_baskets=baskets,
        min_support=min_support,
        max_length=max_length,
        max_itemsets=5_000_000,
        method=BIT_SETS,
    )
    return encoding, time.perf_counter() - started - encoding, len(found)


def run_mlxtend(
    rows: pd.DataFrame, *, way: str, baskets: int, min_support: float, max_length: int
) -> tuple[float, float, int]:
    """Time mlxtend: seconds until its one-hot frame, seconds of its count, itemsets."""
    started = time.perf_counter()
    codes, names = pd.factorize(rows["item"], sort=True)
    ones = np.ones(len(rows), dtype=np.int8)
    one_hot = csr_matrix((ones, (rows["basket_id"], codes)), shape=(baskets, len(names)))
    one_hot = one_hot.astype(bool)
    sparse = way.endswith("sparse")
    table = (
        pd.DataFrame.sparse.from_spmatrix(one_hot) if sparse else pd.DataFrame(one_hot.toarray())
    )
    encoding = time.perf_counter() - started
    started = time.perf_counter()
    if way.startswith("fpgrowth"):
        found = fpgrowth(table, min_support=min_support, max_len=max_length)
    else:
        low_memory = way.endswith("low memory")
        found = apriori(table, min_support=min_support, max_len=max_length, low_memory=low_memory)
    return encoding, time.perf_counter() - started, len(found)


def run_apart(way: str, **request: float) -> dict:
    """Measure in a process of its own; what does not end is said so."""
    command = [sys.executable, __file__, "--one", json.dumps({"way": way} | request)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=1800, check=False)
    except subprocess.TimeoutExpired:
        return {"way": way, "failure": "not done after 30 minutes"}
    if done.returncode:
        lines = done.stderr.strip().splitlines()
        return {"way": way, "failure": lines[-1][:90] if lines else "killed: out of memory"}
    return json.loads(done.stdout.splitlines()[-1])


def show(title: str, rows: list[dict]) -> None:
    """Print the measurements as a table."""
    print(f"\n{title}\n\n| way | encoding, s | counting, s | peak MB | items | lines | itemsets |")
    print("|---|--:|--:|--:|--:|--:|--:|")
    for row in rows:
        if "failure" in row:
            print(f"| {row['way']} | | {row['failure']} | | | | |")
        else:
            print(
                f"| {row['way']} | {row['encoding']:.2f} | {row['counting']:.2f} "
                f"| {row['peak_mb']:.0f} | {row['items']} | {row['lines']} | {row['itemsets']} |"
            )


def main() -> int:
    """Run both benchmarks, or one measurement for itself."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--one", help=argparse.SUPPRESS)
    parser.add_argument("--only", choices=["both", "large"], help="one of the two tables")
    parser.add_argument("--max-length", type=int, default=3, help="most items in an itemset (3)")
    options = parser.parse_args()
    if options.one:
        print(json.dumps(measure(**json.loads(options.one))))
        return 0
    length = options.max_length
    if options.only != "large":
        request = {"baskets": 100_000, "lines": 1_800_000, "min_support": 0.005}
        request |= {"max_length": length, "runs": 3}
        show(
            f"100,000 baskets, support 0.005, up to length {length}",
            [run_apart(way, **request) for way in COMPARED],
        )
    if options.only != "both":
        request = {"baskets": 2_500_000, "lines": 45_000_000, "min_support": 0.002}
        request |= {"max_length": length, "runs": 1}
        show(
            f"2.5 million baskets, 45 million lines, support 0.002, up to length {length}",
            [run_apart(COMPARED[0], **request)],
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
