"""How often the intervals of program_lift hold the planted total.

`python benchmarks/program_lift_coverage.py worlds` draws 1,000 shops with skewed orders, lets
messages cause orders among those not held out, and compares by `python_ml.programs`.
`python benchmarks/program_lift_coverage.py samples` does it with the sample of seeds 1 to 40: the
project's own SQL (program_customers, program_outcomes), compiled once by dbt, reads what the
generator writes, and the truth is what its campaigns caused.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from python_ml.programs import compare_with_holdout
from targeted_lists.runs.dbt_runs import invoke_dbt
from targeted_lists.sample import generate_sample
from targeted_lists.sample.campaigns import CAMPAIGNS, WINDOW_DAYS, find_holdout

METRICS = ["purchase", "revenue", "margin", "profit"]
AS_OF = "2026-07-01"
MODELS = {"program_customers": "targeting", "program_outcomes": "targeting"}
OFFER_COST, CONTACT_COST, MARGIN_SHARE = 3.5, 0.02, 0.35


def draw_world(rng: np.random.Generator, *, customers: int, share: float) -> pd.DataFrame:
    """Draw a shop: orders by a gamma-Poisson rate, amounts log-normal, a few large buyers.

    Returns
    -------
    pandas.DataFrame : one row per customer, with the metrics, those of before (`pre_`), what
        the messages caused (`caused_`), and the arm.
    """
    rate = rng.gamma(0.6, 1.6, customers)
    size = rng.lognormal(3.5, 0.7, customers)

    def spend(counts: np.ndarray) -> np.ndarray:
        owner = np.repeat(np.arange(customers), counts)
        return np.bincount(
            owner, size[owner] * rng.lognormal(0, 0.6, len(owner)), minlength=customers
        )

    before, own = rng.poisson(rate), rng.poisson(rate)
    is_in_holdout = rng.random(customers) < share
    is_contacted = ~is_in_holdout & (rng.random(customers) < 0.5)
    caused = np.where(is_contacted, rng.random(customers) < 0.08, 0).astype(int)
    revenue, added, pre = spend(own), spend(caused), spend(before)
    cost = is_contacted * (CONTACT_COST + OFFER_COST * ((own + caused) > 0))
    world = pd.DataFrame({"arm": np.where(is_in_holdout, "holdout", "not in holdout")})
    world["purchase"], world["pre_purchase"] = ((own + caused) > 0) * 1.0, (before > 0) * 1.0
    world["caused_purchase"] = ((own == 0) & (caused > 0)) * 1.0
    world["revenue"], world["pre_revenue"], world["caused_revenue"] = revenue + added, pre, added
    for name in ("margin", "profit"):
        for prefix in ("", "pre_", "caused_"):
            world[f"{prefix}{name}"] = MARGIN_SHARE * world[f"{prefix}revenue"]
    world["profit"] -= cost
    world["caused_profit"] -= cost
    return world


def sum_arms(world: pd.DataFrame, *, name: str, share: float) -> list[dict]:
    """Return the sums over the customers of each arm, as program_outcomes makes them."""
    rows = []
    for arm, part in world.groupby("arm"):
        for metric in METRICS:
            value, pre = part[metric], part[f"pre_{metric}"]
            rows.append(
                {
                    "scope": "period",
                    "holdout_period": name,
                    "stratum": "all",
                    "arm": arm,
                    "metric": metric,
                    "planned_share": share if arm == "holdout" else 1 - share,
                    "customers": len(part),
                    "total": value.sum(),
                    "total_of_squares": (value**2).sum(),
                    "pre_total": pre.sum(),
                    "pre_total_of_squares": (pre**2).sum(),
                    "total_of_products": (value * pre).sum(),
                    "clipped_total": value.sum(),
                    "clipped_total_of_squares": (value**2).sum(),
                }
            )
    return rows


def report(lifts: pd.DataFrame, truth: pd.DataFrame) -> None:
    """Print how often the intervals of the total hold the truth, which misses, and how wide."""
    both = lifts.merge(truth, on=["holdout_period", "metric"])
    for kind in ("", "cuped_"):
        low, high = (
            both[f"{kind}{end}_95"] * both["treatment_customers"] for end in ("lower", "upper")
        )
        both["is_held"] = (low <= both["total"]) & (both["total"] <= high)
        both["is_below"], both["width"] = both["total"] < low, high - low
        by_metric = both.groupby("metric").agg(
            worlds=("is_held", "size"),
            held=("is_held", "sum"),
            truth_below=("is_below", "sum"),
            mean_truth=("total", "mean"),
            mean_width=("width", "mean"),
        )
        print(f"\n{kind or 'plain '}interval of the total\n{by_metric.loc[METRICS].round(1)}")
    print(
        f"\nsample ratio broken in {(both['sample_ratio_p'] < 0.001).sum() // len(METRICS)} worlds"
    )


def run_worlds(*, worlds: int, customers: int, share: float) -> None:
    """Draw worlds of one size and report."""
    rows, truth = [], []
    for number in range(worlds):
        world = draw_world(np.random.default_rng([2026, number]), customers=customers, share=share)
        rows += sum_arms(world, name=str(number), share=share)
        reached = world[world["arm"] == "not in holdout"]
        truth += [
            {"holdout_period": str(number), "metric": m, "total": reached[f"caused_{m}"].sum()}
            for m in METRICS
        ]
    print(f"{worlds} worlds of {customers} customers, {share:.0%} held out")
    report(compare_with_holdout(pd.DataFrame(rows)), pd.DataFrame(truth))


def compile_models() -> dict[str, str]:
    """Return the SQL of the models that program_lift rests on, as dbt compiles it."""
    with tempfile.TemporaryDirectory() as folder:
        outcome = invoke_dbt(
            [
                *("--log-level", "none", "compile", "--select", *MODELS, "--target-path", folder),
                *("--vars", f"{{dataset: sample, as_of_date: '{AS_OF}'}}"),
            ],
        )
        assert outcome.success, outcome.exception
        files = {
            path.stem: path
            for path in (Path(folder) / "compiled").rglob("*.sql")
            if not any(part.endswith(".yml") for part in path.parts)
        }
        return {name: files[name].read_text() for name in MODELS}


def read_sample(seed: int) -> tuple[dict[str, pd.DataFrame], pd.DataFrame]:
    """Return the inputs of the models for a seed, and what its campaigns caused.

    Lines are read in a simple way: sold goods of known customers, not cancelled, each once.
    """
    sample = generate_sample(seed=seed)
    lines = sample.inputs["order_lines"].drop_duplicates().copy()
    for column in ("quantity", "unit_price", "unit_cost", "discount"):
        lines[column] = pd.to_numeric(lines[column], errors="coerce")
    lines["ordered_at"] = pd.to_datetime(lines["ordered_at"], errors="coerce")
    lines = lines[
        (lines["quantity"] > 0)
        & (lines["unit_price"] >= 0)
        & (lines["status"] != "cancelled")
        & (lines["ordered_at"] < AS_OF)
        & ~lines["product_id"].isin(["", "DELIVERY", "GIFTWRAP"])
        & (lines["order_id"] != "")
        & ~lines["customer_id"].isin(["", "0"])
    ]
    lines["placed_revenue"] = lines["quantity"] * lines["unit_price"] - lines["discount"].fillna(0)
    lines["placed_margin"] = lines["placed_revenue"] - lines["quantity"] * lines["unit_cost"]
    keys = ["order_id", "customer_id"]
    orders = lines.groupby(keys, as_index=False).agg(
        placed_revenue=("placed_revenue", "sum"),
        placed_margin=("placed_margin", "sum"),
        ordered_at=("ordered_at", "min"),
    )
    orders["is_placed"] = True
    orders["placed_margin_estimate"] = orders["placed_margin"]
    people = sample.inputs["customers"]
    people = people[people["customer_id"] != ""].drop_duplicates("customer_id")
    registered = pd.to_datetime(people.set_index("customer_id")["registered_at"], errors="coerce")
    known = pd.concat([registered, orders.groupby("customer_id")["ordered_at"].min()], axis=1)
    known.columns = ["registered_at", "first_seen_at"]
    contacts = sample.inputs["campaign_contacts"]
    campaigns = pd.DataFrame([vars(one) for one in CAMPAIGNS]).set_index("campaign_id")
    contacts = contacts.join(
        campaigns[["started_at", "contact_cost", "offer_cost"]], on="campaign_id"
    )
    contacts["window_start_at"] = pd.to_datetime(contacts["started_at"])
    within = contacts.reset_index().merge(orders, on="customer_id")
    age = within["ordered_at"] - within["window_start_at"]
    is_bought = (age >= pd.Timedelta(0)) & (age < pd.Timedelta(days=WINDOW_DAYS))
    contacts["is_contacted"] = contacts["sent_at"] != ""
    contacts["cost"] = contacts["is_contacted"] * (
        contacts["contact_cost"].astype(float)
        + contacts["offer_cost"].astype(float)
        * contacts.index.isin(within.loc[is_bought, "index"])
    )
    messages = contacts[contacts["is_contacted"]].assign(
        sent_at=lambda sent: pd.to_datetime(sent["sent_at"])
    )
    inputs = {
        "core.dim_customers": known.rename_axis("customer_id").reset_index(),
        "core.fct_orders": orders,
        "targeting.campaign_customers": contacts,
        "targeting.messages_sent": messages,
    }
    caused = orders[orders["order_id"].isin(sample.truth["campaign_orders"]["order_id"])]
    others = orders[~orders["order_id"].isin(caused["order_id"])]
    others = others[others["ordered_at"] >= "2025-10-01"]
    is_reached = ~find_holdout(contacts["customer_id"])
    total = {
        "purchase": len(set(caused["customer_id"]) - set(others["customer_id"])),
        "revenue": caused["placed_revenue"].sum(),
        "margin": caused["placed_margin"].sum(),
    }
    total["profit"] = total["margin"] - contacts.loc[is_reached, "cost"].sum()
    truth = pd.DataFrame({"metric": total.keys(), "total": total.values()})
    return inputs, truth.assign(holdout_period=str(seed))


def run_samples(*, seeds: range) -> None:
    """Run the models' SQL over the sample of each seed and report."""
    compiled = compile_models()
    periods = pd.read_csv("seeds/holdout_periods.csv", dtype=str).query("dataset == 'sample'")
    outcomes, truth = [], []
    for seed in seeds:
        inputs, total = read_sample(seed)
        with duckdb.connect() as connection:
            connection.execute("attach ':memory:' as sample")
            for schema in ("core", "targeting"):
                connection.execute(f"create schema sample.{schema}")
            connection.register("periods", periods)
            connection.execute(
                "create table sample.targeting.holdout_windows as select period, "
                "share::decimal(9, 6) as share, first_date::timestamp as start_at, "
                "last_date::timestamp + interval 1 day as end_at, true as is_current from periods"
            )
            for name, frame in inputs.items():
                connection.register("frame", frame)
                money = [
                    column
                    for column in frame
                    if column in ("placed_revenue", "placed_margin_estimate", "cost")
                ]
                casts = ", ".join(f"{column}::decimal(18, 4) as {column}" for column in money)
                replaced = f" replace ({casts})" if money else ""
                connection.execute(f"create table sample.{name} as select *{replaced} from frame")
            for name, schema in MODELS.items():
                connection.execute(f"create table sample.{schema}.{name} as {compiled[name]}")
            rows = connection.execute(
                "select * from sample.targeting.program_outcomes where scope = 'period'"
            ).df()
        outcomes.append(
            rows.rename(columns={"stratum_period": "stratum"}).assign(holdout_period=str(seed))
        )
        truth.append(total)
    lifts = compare_with_holdout(pd.concat(outcomes, ignore_index=True))
    print(f"samples of seeds {seeds.start} to {seeds.stop - 1}")
    report(lifts, pd.concat(truth, ignore_index=True))
    shown = ["holdout_period", "metric", "treatment_customers", "control_customers", "difference"]
    first = lifts[lifts["holdout_period"] == str(seeds.start)]
    print(f"\n{first[[*shown, 'lower_95', 'upper_95', 'cuped_difference']]}")


def main() -> None:
    """Read the options and run one of the two."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["worlds", "samples"])
    parser.add_argument("--worlds", type=int, default=1000)
    parser.add_argument("--customers", type=int, default=5_000)
    parser.add_argument("--share", type=float, default=0.05)
    parser.add_argument("--first-seed", type=int, default=1)
    parser.add_argument("--last-seed", type=int, default=40)
    options = parser.parse_args()
    if options.what == "worlds":
        run_worlds(worlds=options.worlds, customers=options.customers, share=options.share)
    else:
        run_samples(seeds=range(options.first_seed, options.last_seed + 1))


if __name__ == "__main__":
    main()
