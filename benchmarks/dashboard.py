"""Time, memory and size of the dashboard: `.venv/bin/python benchmarks/dashboard.py [DATASET …]`.

A table, by hand, of datasets that were published (`make lists`). With `--lines 50000000` the first
dataset is shown again with its order lines, orders and ledger repeated to so many lines: all else
that the page reads has a row a customer or fewer. Each run has a process of its own, so that its
peak memory is its own; the median of three counts.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

RUNS = 3
# Tables that grow with the lines.
LONG_TABLES = ("core.fct_order_lines", "core.fct_orders", "core.order_line_ledger")


def make_once(published: Path) -> dict[str, float]:
    """Make the page of a published file in this process; return bytes and peak memory."""
    from targeted_lists.dashboard.build import make_dashboard

    with tempfile.TemporaryDirectory() as folder:
        made = make_dashboard(published, Path(folder) / "page.html")
    return {
        "bytes": made.size,
        "gigabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2,
    }


def measure(published: Path) -> dict[str, float]:
    """Return the medians over processes of their own; their start counts as well."""
    runs = []
    for _ in range(RUNS):
        start, before = time.perf_counter(), processor_seconds()
        done = subprocess.run(
            [sys.executable, __file__, "--once", str(published)],
            capture_output=True,
            text=True,
            check=True,
        )
        runs.append(
            json.loads(done.stdout)
            | {
                "whole": time.perf_counter() - start,
                "processor": processor_seconds() - before,
            }
        )
    return {name: statistics.median(run[name] for run in runs) for name in runs[0]}


def processor_seconds() -> float:
    """Return what the processes that this one started have used of the processors."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def count_lines(published: Path) -> int:
    """Return the number of raw order lines of a published file."""
    with duckdb.connect(str(published), read_only=True) as connection:
        return connection.execute("select count(*) from core.order_line_ledger").fetchone()[0]


def repeat_lines(published: Path, target: Path, *, lines: int) -> None:
    """Copy a published file with its long tables repeated to at least so many lines."""
    times = -(-lines // count_lines(published))
    shutil.copyfile(published, target)
    with duckdb.connect(str(target)) as connection:
        for table in LONG_TABLES:
            connection.execute(
                f"insert into {table} select rows.* from {table} as rows, range({times - 1})"
            )


def show(name: str, published: Path) -> None:
    """Print a row of the table."""
    found = measure(published)
    print(
        f"| {name} | {count_lines(published):,} | {found['whole']:.1f} | {found['processor']:.1f} "
        f"| {found['bytes'] / 1e6:.1f} MB | {found['gigabytes']:.1f} GB |",
        flush=True,
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("datasets", nargs="*", default=["sample"])
    parser.add_argument("--lines", type=int, help="of the first dataset, repeated")
    parser.add_argument("--once", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.once:
        print(json.dumps(make_once(options.once)))
        return
    print("| dataset | order lines | seconds | of processor | page | peak memory |")
    print("|---|---|---|---|---|---|")
    paths = {name: ROOT / "published" / f"{name}.duckdb" for name in options.datasets}
    for name, published in paths.items():
        show(name, published)
    if options.lines:
        name, published = next(iter(paths.items()))
        with tempfile.TemporaryDirectory() as folder:
            repeated = Path(folder) / "repeated.duckdb"
            repeat_lines(published, repeated, lines=options.lines)
            show(f"{name}, lines repeated", repeated)


if __name__ == "__main__":
    main()
