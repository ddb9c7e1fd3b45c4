"""Time and memory of the clustering: `.venv/bin/python benchmarks/clustering.py`.

Makes up customers of eight segments with the features of the sample's mart, and runs every step
that the mart runs in Python on them, all methods and all numbers of clusters, as the mart does:
fitted and measured on seeded samples, everyone assigned. Next to it the same k-means by plain
scikit-learn on everyone. Prints a table of seconds and the peak of memory. Run by hand: a shared
machine's seconds are no test.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.cluster import KMeans
from threadpoolctl import threadpool_limits

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from python_ml.clustering import (
    assign_customers,
    choose_features,
    describe_maps,
    embed_customers,
    evaluate_clusterings,
    find_axes,
    fit_clusterings,
    match_clusters,
    merge_customers,
    names_used,
    project_customers,
    scale_features,
)

SEGMENTS, FEATURES, SEED = 8, 16, 42


def make_customers(count: int) -> pd.DataFrame:
    """Make up customers of eight overlapping segments, half of the features with a long tail."""
    generator = np.random.default_rng(SEED)
    segment = generator.integers(SEGMENTS, size=count)
    centers = generator.normal(scale=1.5, size=(SEGMENTS, FEATURES))
    values = centers[segment] + generator.normal(size=(count, FEATURES))
    values[:, : FEATURES // 2] = np.exp(values[:, : FEATURES // 2])
    # A few are known from totals alone.
    values[generator.random(count) < 0.02, FEATURES // 2 :] = np.nan
    customers = pd.DataFrame(values, columns=[f"feature_{n:02d}" for n in range(FEATURES)])
    customers.insert(0, "customer_id", [f"C{n:07d}" for n in range(count)])
    return customers


@contextmanager
def timed(step: str) -> Iterator[None]:
    """Print a line of the table when a step is done."""
    started, worked = time.perf_counter(), time.process_time()
    yield
    seconds, worked = time.perf_counter() - started, time.process_time() - worked
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"| {step} | {seconds:.1f} | {worked:.1f} | {peak:,.0f} |", flush=True)


def run(customers: pd.DataFrame) -> None:
    """Run every step of the mart."""
    names = [name for name in customers if name != "customer_id"]
    with timed("choose features"):
        choices = choose_features(customers, features=names)
    features = names_used(choices)
    with timed("scale, find outliers, draw the sample"):
        scaled = scale_features(customers, choices, rank_by=names[0])
    fitted = {"features": features, "fit_on": "is_fitted"}
    with timed("fit all methods, k = 2 to 10, and rank everyone"):
        models = fit_clusterings(scaled, rank_by="worth", **fitted)
    with timed("measure all"):
        evaluations = evaluate_clusterings(scaled, models, fit_on="is_fitted", min_share=0.01)
    choice = evaluations.loc[evaluations["is_method_choice"], ["method", "k", "is_chosen"]]
    with timed("assign everyone by each method's choice"):
        clusters = assign_customers(scaled, models.merge(choice[["method", "k"]]))
        clusters = clusters.merge(choice, on=["method", "k"])
    with timed("match the keys with a previous run"):
        previous = clusters.assign(cluster_key=clusters["cluster"].astype(str))
        match_clusters(clusters, previous, born="today")
    with timed("principal components of everyone, t-SNE of 1,000"):
        project_customers(scaled, find_axes(scaled, **fitted))
        embed_customers(scaled, sample_size=1_000, **fitted)
    with timed("dendrogram and maps"):
        merge_customers(scaled, **fitted)
        describe_maps(scaled, models.merge(choice[["method", "k"]]))
    best = choice[choice["is_chosen"]].iloc[0]
    print(f"\nChosen: {best['method']} with k = {best['k']}; {SEGMENTS} segments were planted.")


def run_plainly(customers: pd.DataFrame) -> None:
    """Fit what a notebook would: k-means on everyone, nothing measured."""
    values = np.log1p(customers.drop(columns="customer_id").clip(lower=0)).fillna(0).to_numpy()
    with timed("for comparison: scikit-learn's k-means alone, k = 2 to 10, on everyone"):
        for k in range(2, 11):
            KMeans(k, n_init=10, random_state=SEED).fit(values)


def main() -> int:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=500_000)
    parser.add_argument("--plain", action="store_true", help="the comparison too")
    options = parser.parse_args()
    customers = make_customers(options.customers)
    print(f"{options.customers:,} customers, {FEATURES} features\n")
    print("| step | seconds | of the processor | peak memory so far, MB |")
    print("|---|---|---|---|")
    with timed("**all of it**"), threadpool_limits(2):
        run(customers)
    if options.plain:
        run_plainly(customers)
    return 0


if __name__ == "__main__":
    sys.exit(main())
