"""The names of RFM segments fit the people under them, on planted worlds and on heavy ties.

The seeds, the macros and the model of the guards are the project's own; only dbt is not there.
"""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from jinja2 import Environment

REPO_ROOT = Path(__file__).resolve().parents[2]
CASES = REPO_ROOT.parent / "shared" / "cases"
RARE = ["Champions", "Loyal", "Cannot Lose Them"]
FACTS = ["recency_days", "tenure_days", "frequency", "monetary"]


def macros(name: str) -> object:
    """Return the macros of a file, as jinja alone reads them."""
    text = (REPO_ROOT / "macros/sql" / f"{name}.sql").read_text(encoding="utf-8")
    text = re.sub(r"{{- return\((.*?)\) -}}", r"\1", text)
    # dbt hands back a list, jinja its text.
    text = text.replace("in guard_steps()", "in [1, 2, 3, 4, 5, 6]")
    return Environment().from_string(text).module


def name_segments(customers: pd.DataFrame, factor: int = 1) -> pd.DataFrame:
    """Return customers with their scores, code, the segment of the code and the guarded one."""
    connection = duckdb.connect()
    for seed in ("rfm_segment_map", "rfm_segment_guards"):
        connection.execute(f"create table {seed} as from '{REPO_ROOT}/seeds/{seed}.csv'")
    model = (REPO_ROOT / "models/core/preparation/rfm_guarded_segments.sql").read_text("utf-8")
    connection.execute(
        "create table guards as "
        + Environment()
        .from_string(model)
        .render(ref=str, var=lambda _: factor, guard_steps=lambda: [1, 2, 3, 4, 5, 6])
    )
    quintiles, guarded = macros("quintile_score"), macros("guarded_segment")
    segment = guarded.guarded_segment(
        "guards", orders="frequency", first_order_days="tenure_days", recency_days="recency_days"
    )
    return connection.execute(f"""
        with scored as (
            select
                *,
                {quintiles.quintile_score("recency_days", "1", best="low")} as r_score,
                {quintiles.quintile_score("frequency", "1")} as f_score,
                {quintiles.quintile_score("monetary", "1")} as m_score
            from customers
        )
        select scored.*, segment_1 as relative_segment, {segment} as segment
        from scored
        inner join guards
            on 100 * r_score + 10 * f_score + m_score = guards.rfm_code
    """).df()


def read_orders(path: Path, as_of: str | None = None) -> pd.DataFrame:
    """Return the figures of each customer of a file of order lines, sales alone."""
    lines = pd.read_csv(path, parse_dates=["ordered_at"])
    lines = lines[(lines["quantity"] > 0) & lines["customer_id"].notna()]
    if "status" in lines:
        lines = lines[lines["status"].isna() | (lines["status"] == "delivered")]
    lines = lines.assign(amount=lines["quantity"] * lines["unit_price"])
    moment = pd.Timestamp(as_of) if as_of else lines["ordered_at"].max().normalize()
    grouped = lines.groupby("customer_id")
    return pd.DataFrame(
        {
            "recency_days": (moment - grouped["ordered_at"].max()).dt.days,
            "tenure_days": (moment - grouped["ordered_at"].min()).dt.days,
            "frequency": grouped["order_id"].nunique(),
            "monetary": grouped["amount"].sum(),
        }
    ).reset_index()


def old_cohort() -> pd.DataFrame:
    """Return customers who all came in one quarter, a year and a half ago; half came once."""
    generator = np.random.default_rng(7)
    size = 2_000
    tenure = generator.integers(455, 546, size)
    frequency = np.where(generator.random(size) < 0.5, 1, 1 + generator.geometric(0.4, size))
    recency = np.where(frequency == 1, tenure, (tenure * generator.random(size)).astype(int))
    return pd.DataFrame(
        {
            "recency_days": recency,
            "tenure_days": tenure,
            "frequency": frequency,
            "monetary": (frequency * generator.gamma(2, 15, size)).round(2),
        }
    )


def heavy_ties() -> pd.DataFrame:
    """Return a shop where nine of ten bought once, for one of two prices."""
    generator = np.random.default_rng(8)
    size = 3_000
    frequency = np.where(generator.random(size) < 0.9, 1, 2)
    tenure = generator.integers(0, 700, size)
    return pd.DataFrame(
        {
            "recency_days": np.where(frequency == 1, tenure, tenure // 3),
            "tenure_days": tenure,
            "frequency": frequency,
            "monetary": frequency * generator.choice([20, 80], size),
        }
    )


def young_shop() -> pd.DataFrame:
    """Return a shop of three weeks."""
    generator = np.random.default_rng(9)
    tenure = generator.integers(0, 21, 500)
    return pd.DataFrame(
        {
            "recency_days": (tenure * generator.random(500)).astype(int),
            "tenure_days": tenure,
            "frequency": generator.integers(1, 6, 500),
            "monetary": generator.gamma(2, 15, 500),
        }
    )


def all_facts() -> pd.DataFrame:
    """Return customers with every combination of figures next to a limit."""
    days = pd.DataFrame({"recency_days": [0, 29, 30, 89, 90, 91, 180, 181, 1000]})
    return (
        days.merge(pd.DataFrame({"tenure_days": [0, 90, 91, 1000]}), how="cross")
        .merge(pd.DataFrame({"frequency": [1, 2, 30]}), how="cross")
        .merge(pd.DataFrame({"monetary": [1.0, 2, 3, 4, 5]}), how="cross")
        .query("recency_days <= tenure_days")
    )


WORLDS = {
    "old cohort": old_cohort,
    "heavy ties": heavy_ties,
    "young shop": young_shop,
    "all facts": all_facts,
}


@pytest.mark.parametrize("world", WORLDS)
def test_names_fit_the_people_under_them(world: str) -> None:
    customers = WORLDS[world]()
    named = name_segments(customers)
    assert len(named) == len(customers)
    assert named["segment"].notna().all()
    once = named[named["frequency"] == 1]
    assert not once["segment"].isin([*RARE, "At Risk", "Potential Loyalist"]).any()
    new = named[named["segment"] == "New"]
    assert (new["tenure_days"] <= 90).all()
    assert (named.loc[named["segment"] == "Promising", "recency_days"] <= 90).all()
    warm = ["Champions", "Loyal", "Potential Loyalist", "About To Sleep"]
    assert (named.loc[named["segment"].isin(warm), "recency_days"] <= 180).all()
    gone = ["Lost", "Hibernating", "Cannot Lose Them", "At Risk", "About To Sleep"]
    assert (named.loc[named["segment"].isin(gone), "recency_days"] >= 30).all()
    # Whose own figures bear the name of the code keeps it.
    kept = named["segment"] == named["relative_segment"]
    assert named.loc[named["relative_segment"] == "New", "tenure_days"][kept].le(90).all()
    assert kept[named["relative_segment"] == "Need Attention"].all()


def test_the_wrong_names_were_there_to_be_put_right() -> None:
    """What the scores alone say of these worlds is what was complained of."""
    cohort = name_segments(old_cohort())
    new = cohort[cohort["relative_segment"] == "New"]
    assert len(new) > 50
    assert new["recency_days"].mean() > 400
    assert "New" not in set(cohort["segment"])
    ties = name_segments(heavy_ties())
    dear = ties["relative_segment"] == "Cannot Lose Them"
    assert (ties.loc[dear, "frequency"] == 1).mean() > 0.9
    assert dear.sum() > 100
    assert set(ties.loc[dear & (ties["frequency"] == 1), "segment"]) == {"Hibernating"}
    lost = name_segments(young_shop())["relative_segment"].isin(["Lost", "Hibernating"])
    assert lost.any()


def test_a_shop_of_long_gaps_stretches_the_days() -> None:
    cohort = name_segments(old_cohort(), factor=4)
    loyal = cohort["relative_segment"].isin(["Champions", "Loyal"])
    assert loyal.any()
    assert (cohort.loc[loyal, "segment"] == cohort.loc[loyal, "relative_segment"]).all()


def test_of_many_who_bought_once_nobody_is_loyal() -> None:
    path = CASES / "11-refunds-and-ties/order_lines.csv"
    if not path.exists():
        pytest.skip(f"the case is not at {path}")
    named = name_segments(read_orders(path))
    once = named["frequency"] == 1
    assert once.sum() > 50
    assert not named.loc[once, "segment"].isin(RARE).any()


def test_three_behaviours_are_three_kinds_of_names() -> None:
    """Those who stopped in summer are silent, and nobody who buys every fortnight is."""
    path = CASES / "numbers/three_behaviours/order_lines.csv.gz"
    if not path.exists():
        pytest.skip(f"the case is not at {path}")
    named = name_segments(read_orders(path))
    gone = named["recency_days"] > 90
    assert gone.sum() == 200
    silent = {"At Risk", "Cannot Lose Them", "Hibernating", "Lost", "About To Sleep"}
    assert set(named.loc[gone, "segment"]) <= silent
    assert not named.loc[named["recency_days"] < 30, "segment"].isin(silent).any()


def test_days_are_counted_in_one_way() -> None:
    """No model counts days but by the macro `elapsed_days`, which has the only definition."""
    own_way = re.compile(r"date_?diff\s*\((?:[^()]|\([^()]*\))*['\"]day['\"]|\bdatesub\b", re.I)
    counting = {
        path.name: own_way.findall(text)
        for folder in ("models", "macros")
        for path in (REPO_ROOT / folder).rglob("*.sql")
        if own_way.search(text := path.read_text(encoding="utf-8"))
    }
    # The label of a weekday is no length of time.
    assert set(counting) <= {"time_labels.sql"}
    assert (REPO_ROOT / "macros/sql/elapsed_days.sql").exists()
