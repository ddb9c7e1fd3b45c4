"""Time and memory of customer lifetime value: `.venv/bin/python benchmarks/clv.py`.

Makes up customers of a shop of two years (MBG/NBD and Gamma-Gamma, days as receipts have them),
fits every family and money on all of them, scores them for 90 and 365 days with ranges, and
compares all methods on a hold-out, each in a process of its own. Run by hand: a shared machine's
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

from clv_data import simulate
from stages import measure

from python_ml.clv import evaluate_methods, fit_models, score_customers
from python_ml.clv.families import FAMILIES, fit_family

PARAMETERS = [0.6, 8.0, 0.8, 2.4]


def make_histories(customers: int, path: Path) -> None:
    """Write histories of whole days."""
    histories = simulate("mbg_nbd", PARAMETERS, customers=customers, weeks=104.0, seed=7)
    generator = np.random.default_rng(8)
    weeks = ["recency_weeks", "age_weeks"]
    days = np.ceil(histories[weeks] * 7)
    # Orders of one day are one, and the first day is the first order's.
    days["age_weeks"] = np.maximum(days["age_weeks"], days["recency_weeks"] + 1)
    histories["repeat_orders"] = np.minimum(histories["repeat_orders"], days["recency_weeks"])
    histories[weeks] = days / 7
    orders = histories["repeat_orders"] + 1
    rate = generator.gamma(3.7, 1 / 15.0, customers)
    histories["mean_margin"] = generator.gamma(6.0 * orders, 1 / rate) / orders
    histories.drop(columns="is_gone").to_pickle(path)


def run(stage: str, path: Path) -> None:
    """Run a stage and print the seconds of its parts as JSON."""
    histories, parts = pd.read_pickle(path), {}

    def lap(name: str, started: float) -> None:
        parts[name] = round(time.perf_counter() - started, 1)

    if stage == "families":
        for family in FAMILIES:
            started = time.perf_counter()
            fitted = fit_family(histories, family=family)
            lap(f"{family}, {fitted.rows:,} distinct histories", started)
    elif stage == "evaluate":
        started = time.perf_counter()
        cuts = pd.DataFrame({"period": ["validation"], "cut_date": "2026-01-01"})
        given = histories.assign(period="validation")
        evaluate_methods(given, cuts=cuts.assign(horizon_weeks=26.0))
        lap("one hold-out, all methods", started)
    else:
        started = time.perf_counter()
        models = fit_models(histories)
        lap("fit all families and money", started)
        for method in FAMILIES if stage == "all" else ["mbg_nbd"]:
            started = time.perf_counter()
            chosen = pd.DataFrame(
                {"method": [method], "is_chosen": True, "margin_method": "gamma_gamma"}
            )
            score_customers(histories, models=models, as_of_date="2026-01-01", evaluations=chosen)
            lap(f"score by {method}", started)
    print(json.dumps(parts))


def main() -> int:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=500_000)
    parser.add_argument("--stage", help="for the processes of their own", nargs=2)
    options = parser.parse_args()
    if options.stage:
        run(options.stage[0], Path(options.stage[1]))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "histories.pkl"
        make_histories(options.customers, path)
        print(f"{options.customers:,} customers\n")
        print("| process | seconds, start included | peak memory, MB | parts, seconds |")
        print("|---|---|---|---|")
        for stage in ("families", "fit and score", "all", "evaluate"):
            command = [sys.executable, __file__, "--stage", stage, str(path)]
            found = measure(command, folder=Path.cwd())
            parts = "; ".join(f"{name}: {one}" for name, one in json.loads(found.output).items())
            seconds, peak = found.seconds, found.peak_mb
            print(f"| {stage} | {seconds:.1f} | {peak:,.0f} | {parts} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
