"""What reading an export costs next to reading the same order lines in the contract's layout.

    python benchmarks/connectors.py [--customers 12000]

The sample is written in each layout, and each is staged in memory by the models of a run, on one
thread, in turn, three times, as if for the first time. `init` and `check` are timed on the same
files. Seconds are those of the processor, which other programs do not lengthen.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

import duckdb

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from targeted_lists.check.command import check_dataset, open_models  # noqa: E402
from targeted_lists.cli.request import adapter_of, prepare  # noqa: E402
from targeted_lists.inputs import readable  # noqa: E402
from targeted_lists.sample import generate_sample  # noqa: E402
from targeted_lists.sample.platforms import PLATFORMS, render_platform  # noqa: E402
from targeted_lists.setup.command import set_up_dataset  # noqa: E402

STAGED = "stg_contract__order_lines_held"
TIMES = 3


def main() -> None:
    """Write the files, time each step, print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=12_000)
    options = parser.parse_args()
    os.environ["DUCKDB_THREADS"] = "1"
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        sample = generate_sample(customers=options.customers)
        lines = Path("raw/contract/order_lines.csv")
        lines.parent.mkdir(parents=True)
        sample.inputs["order_lines"].to_csv(lines, index=False)
        files = {"contract": lines}
        files |= {name: render_platform(sample, Path("raw") / name, name) for name in PLATFORMS}
        started = {name: clock(lambda n=name: set_up(n, files[n])) for name in files}
        staged = {name: [] for name in files}
        for _ in range(TIMES):
            for name in files:
                staged[name].append(clock(lambda n=name: stage(n)))
        checked = {name: clock(lambda n=name: check(n)) for name in files}
        print(f"{len(sample.inputs['order_lines']):,} order lines, one thread, processor seconds")
        print("| layout | init | reading (median) | times the contract | check |")
        print("|---|--:|--:|--:|--:|")
        base = statistics.median(staged["contract"])
        for name in files:
            median = statistics.median(staged[name])
            print(
                f"| {name} | {started[name]:.1f} | {median:.2f} | {median / base:.2f} "
                f"| {checked[name]:.1f} |"
            )


def clock(work: object) -> float:
    """Return the processor's seconds that some work takes; what it prints is not shown."""
    start = time.process_time()
    with contextlib.redirect_stdout(io.StringIO()):
        work()
    return time.process_time() - start


def set_up(name: str, file: Path) -> None:
    """Set a file up as a dataset."""
    set_up_dataset(name, [file], data_dir=Path("data"))


def stage(name: str) -> None:
    """Read and cast the order lines of a dataset in memory, as if for the first time."""
    readable.is_plain.cache_clear()
    for copy in Path("warehouse/readable").glob("*"):
        copy.unlink()
    given = prepare(name, Path("data"), "{}")
    with duckdb.connect() as connection:
        open_models(connection, {**given, "adapter": adapter_of(given)}).build(STAGED)


def check(name: str) -> None:
    """Check a dataset."""
    given = prepare(name, Path("data"), "{}")
    check_dataset(Path("data"), name, adapter_of(given), given)


if __name__ == "__main__":
    main()
