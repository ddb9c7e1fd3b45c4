"""Time and memory of the whole job: `.venv/bin/python benchmarks/whole_job.py`.

Runs `make lists` on each dataset as a user would, in a process of its own, and prints a table of
medians. The environment is in place; the databases are removed before each run, so nothing is
taken over from the run before. Run by hand: a shared machine's seconds are no test.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def run_once(dataset: str, data_dir: str) -> tuple[float, float]:
    """Run the whole job once; return its wall seconds and its peak memory in MB."""
    for database in (ROOT / "warehouse").glob(f"{dataset}.duckdb*"):
        database.unlink()
    started = time.perf_counter()
    job = [sys.executable, "-m", "targeted_lists", "lists"]
    which_data = ["--dataset", dataset, "--data-dir", data_dir]
    process = subprocess.Popen([*job, *which_data], cwd=ROOT, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        raise SystemExit(f"The job on {dataset} failed; run it by hand to see why.")
    return time.perf_counter() - started, usage.ru_maxrss / 1024


def main() -> int:
    """Measure the datasets that are there."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3, help="runs of each dataset (3)")
    parser.add_argument(
        "--data-dir", default="../shared/data", help="where online_retail lies, if it does"
    )
    options = parser.parse_args()
    datasets = {"sample": "data", "online_retail": options.data_dir}
    print("| dataset | seconds, median (min to max) | peak memory, MB | runs |")
    print("|---|---|---|---|")
    for dataset, data_dir in datasets.items():
        if not (ROOT / data_dir / dataset).is_dir():
            continue
        measured = [run_once(dataset, data_dir) for _ in range(options.runs)]
        seconds = [one[0] for one in measured]
        print(
            f"| {dataset} | {statistics.median(seconds):.0f} "
            f"({min(seconds):.0f} to {max(seconds):.0f}) "
            f"| {max(one[1] for one in measured):.0f} | {options.runs} |"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
