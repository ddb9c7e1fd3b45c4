"""How well orders and margin were predicted in a past period, and by which method."""

from __future__ import annotations

import altair as alt
import pandas as pd

from targeted_lists.dashboard.figures import Desk, Figure, room_for_labels
from targeted_lists.dashboard.theme import BLUE, GREY, SKY, VERMILION

# The test period had no part in the choice of the method; a short history has none.
PERIODS = ("test", "validation")
DECILES = """
    select period, method, decile, customers, predicted_orders, actual_orders, predicted_margin,
        actual_margin
    from clv.clv_calibration
    order by period, decile
"""
METHODS = """
    select period, method, reason, choice_reason, horizon_weeks, customers, orders_ratio,
        orders_decile_gap, margin_ratio, margin_decile_gap, upper_coverage, is_baseline, is_chosen
    from clv.clv_evaluations
    where period in ('test', 'validation')
    order by period, orders_decile_gap nulls last, method
"""
UNTRIED = """
    select reason
    from clv.clv_evaluations
    where is_chosen and reason is not null
    order by period
"""
GAPS = ["orders_decile_gap", "margin_decile_gap", "orders_ratio", "margin_ratio"]


def draw_deciles(desk: Desk) -> Figure:
    """Draw mean orders and margin, predicted and actual, by decile of the prediction."""
    rows = _take_period(desk.source.read(DECILES))
    methods = _take_period(desk.source.read(METHODS))
    if rows.empty or methods.empty:
        return _draw_blank(desk, "clv_deciles", DECILES, METHODS)
    measures = ["orders", "margin"] if rows["actual_margin"].notna().any() else ["orders"]
    weeks = methods["horizon_weeks"].iloc[0]
    predicted, actual = (
        (rows[f"{kind}_orders"] * rows["customers"]).sum() for kind in ("predicted", "actual")
    )
    return desk.figure(
        "clv_deciles",
        *[_draw_pair(desk, rows, measure) for measure in measures],
        queries=[DECILES, METHODS],
        table=rows[
            [
                *("decile", "customers"),
                *[f"{kind}_{one}" for one in measures for kind in ("predicted", "actual")],
            ]
        ],
        base=[("clv_tested", rows["customers"].sum())],
        tell=lambda scope, _: {
            "predicted": desk.texts.number(predicted),
            "actual": desk.texts.number(actual),
            "weeks": desk.texts.number(weeks),
            "period": desk.texts.value("period", rows["period"].iloc[0]),
            "method": desk.texts.value("method", rows["method"].iloc[0]),
        },
    )


def draw_methods(desk: Desk) -> Figure:
    """Draw how far each method's deciles were from what came."""
    rows = _take_period(desk.source.read(METHODS))
    measured = rows.dropna(subset=["orders_decile_gap"]) if len(rows) else rows
    if measured.empty:
        return _draw_blank(desk, "clv_methods", METHODS)
    kinds = [desk.texts.value("chosen", one) for one in ("chosen", "other", "baseline")]
    data = desk.names(measured, method="method").assign(
        kind=[
            kinds[0] if one.is_chosen else kinds[2] if one.is_baseline else kinds[1]
            for one in measured.itertuples()
        ]
    )
    data["label"] = [desk.texts.percent(one, 0) for one in data["orders_decile_gap"]]
    base = alt.Chart(data[["method", "kind", "label", *GAPS, "upper_coverage"]]).encode(
        y=alt.Y("method:N", title=None, sort=list(data["method"])),
        x=alt.X(
            "orders_decile_gap:Q",
            title=desk.texts.column("orders_decile_gap"),
            scale=room_for_labels(),
            axis=alt.Axis(format=".0%"),
        ),
        tooltip=[
            desk.tip("method"),
            desk.tip("orders_decile_gap", ".1%"),
            desk.tip("orders_ratio", ".2f"),
            desk.tip("margin_decile_gap", ".1%"),
            desk.tip("margin_ratio", ".2f"),
            desk.tip("upper_coverage", ".1%"),
        ],
    )
    bars = base.mark_bar(size=16).encode(
        color=alt.Color(
            "kind:N", title=None, scale=alt.Scale(domain=kinds, range=[BLUE, SKY, GREY])
        )
    )
    labels = base.mark_text(align="left", dx=5).encode(text="label:N")
    chosen = data[data["kind"] == kinds[0]]
    baselines = data[data["kind"] == kinds[2]]
    is_told = len(chosen) > 0 and len(baselines) > 0
    choice = "clv_methods." + rows["choice_reason"].iloc[0]
    weeks = desk.texts.number(rows["horizon_weeks"].iloc[0])
    columns = [*("method", "is_chosen", "orders_ratio", "orders_decile_gap", "margin_ratio")]
    return desk.figure(
        "clv_methods",
        (bars + labels).properties(height=26 * len(data)),
        queries=[METHODS],
        table=desk.names(rows, method="method")[
            [*columns, "margin_decile_gap", "upper_coverage", "reason"]
        ],
        base=[("clv_tested", rows["customers"].max())],
        tell=lambda scope, _: {
            "title": "clv_methods.title" if is_told else "clv_methods.title_none",
            "weeks": weeks,
            "choice": desk.texts(choice, weeks=weeks),
            "methods": desk.texts.number(len(data)),
            **(
                {
                    "method": chosen["method"].iloc[0],
                    "gap": chosen["label"].iloc[0],
                    "baseline": baselines["method"].iloc[0],
                    "baseline_gap": baselines["label"].iloc[0],
                }
                if is_told
                else {}
            ),
        },
    )


def _draw_blank(desk: Desk, key: str, *queries: str) -> Figure:
    """Return the figure that says why the method that is used has no figures on the past."""
    reasons = desk.source.read(UNTRIED)
    if reasons.empty:
        return desk.blank(key, *queries)
    return desk.blank(key, *queries, why="clv_not_tried", reason=reasons["reason"].iloc[0])


def _take_period(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the test period; of a short history those of the one that there is."""
    for period in PERIODS:
        if len(rows) and (of_period := rows[rows["period"] == period]).size:
            return of_period.reset_index(drop=True)
    return rows.head(0)


def _draw_pair(desk: Desk, rows: pd.DataFrame, measure: str) -> alt.LayerChart:
    """Draw what came as bars and what was predicted as points over them."""
    words = [desk.texts.column(f"{kind}_{measure}") for kind in ("actual", "predicted")]
    base = alt.Chart(rows[["decile", "customers", f"predicted_{measure}", f"actual_{measure}"]])
    base = base.encode(
        x=alt.X("decile:O", title=desk.texts.column("decile"), axis=alt.Axis(labelAngle=0)),
        tooltip=[
            desk.tip("decile", "d"),
            desk.tip("customers", ",d"),
            desk.tip(f"predicted_{measure}", ",.2f"),
            desk.tip(f"actual_{measure}", ",.2f"),
        ],
    )
    color = alt.Color("kind:N", title=None, scale=alt.Scale(domain=words, range=[SKY, VERMILION]))
    title = desk.texts.column(f"{measure}_per_customer")
    bars = base.transform_calculate(kind=repr(words[0])).mark_bar(size=22)
    points = base.transform_calculate(kind=repr(words[1])).mark_point(size=90, opacity=1)
    return (
        bars.encode(y=alt.Y(f"actual_{measure}:Q", title=title), color=color)
        + points.encode(y=f"predicted_{measure}:Q", color=color)
    ).properties(height=220)
