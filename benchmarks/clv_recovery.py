"""Whether planted parameters are found: `.venv/bin/python benchmarks/clv_recovery.py`.

Simulates customers of each family of counts, and of Gamma-Gamma, from known parameters, fits the
family on them, and prints in how many replications every parameter lies within three of its
standard errors, those published and those of the logs. Run by hand: it takes a minute or two.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests/python"))

from clv_data import simulate, simulate_margins

from python_ml.clv.families import FittedFamily, fit_family
from python_ml.clv.gamma_gamma import fit_gamma_gamma

PLANTED = {
    "bg_nbd": [[0.6, 6.0, 0.8, 2.4], [0.25, 4.4, 0.8, 2.4]],
    "mbg_nbd": [[0.6, 6.0, 0.9, 1.8], [0.52, 6.2, 0.9, 1.6]],
    "pareto_nbd": [[0.6, 8.0, 0.7, 12.0], [0.55, 10.6, 0.6, 11.7]],
    "gamma_gamma": [[6.0, 3.7, 15.0], [2.0, 4.0, 60.0]],
}


def is_within(fitted: FittedFamily, planted: list[float]) -> tuple[bool, bool]:
    """Return whether all lie within three standard errors: those published, and of the logs."""
    if fitted.covariance is None:
        return False, False
    errors = np.array(list(fitted.standard_errors.values()))
    off = np.abs(fitted.values - planted) / errors
    logs = np.abs(np.log(fitted.values / planted)) / np.sqrt(np.diag(fitted.covariance))
    return bool(off.max() < 3), bool(logs.max() < 3)


def main() -> int:
    """Run the campaign."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=4_000)
    parser.add_argument("--replications", type=int, default=100)
    options = parser.parse_args()
    print(f"{options.replications} replications of {options.customers:,} customers\n")
    print("| family | planted | within three standard errors | of the logs | without any |")
    print("|---|---|---|---|---|")
    for family, worlds in PLANTED.items():
        for planted in worlds:
            within, none = [], 0
            for seed in range(1_000, 1_000 + options.replications):
                if family == "gamma_gamma":
                    fitted = fit_gamma_gamma(
                        simulate_margins(planted, customers=options.customers, seed=seed)
                    )
                else:
                    histories = simulate(family, planted, customers=options.customers, seed=seed)
                    fitted = fit_family(histories, family=family)
                within.append(is_within(fitted, planted))
                none += fitted.covariance is None
            own, logs = np.sum(within, axis=0)
            print(f"| {family} | {planted} | {own} | {logs} | {none} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
