"""Who will buy less, how well that is predicted, and what it costs."""

from __future__ import annotations

import altair as alt
import pandas as pd

from targeted_lists.dashboard.figures import Desk, Figure, following, scopes_of
from targeted_lists.dashboard.theme import BLUE, GREY, MUTED, SEQUENTIAL

CHOSEN = """
    inner join activity.activity_evaluations as evaluations
        on measures.data_basis = evaluations.data_basis
        and measures.model = evaluations.model
        and evaluations.is_accepted
"""
CALIBRATION = f"""
    select measures.data_basis, measures.model, measures.decile, measures.predicted_share,
        measures.declined_share, measures.lowest_share, measures.highest_share,
        measures.training_rows
    from activity.activity_calibration as measures
    {CHOSEN}
    order by measures.data_basis, measures.decile
"""
GAINS = f"""
    select measures.data_basis, measures.model, measures.decile, measures.reached_share,
        measures.gain_share, measures.lift_so_far
    from activity.activity_gains as measures
    {CHOSEN}
    order by measures.data_basis, measures.decile
"""
IMPORTANCES = """
    select data_basis, phrase, rank, importance, importance_sd
    from activity.activity_importances
    where rank <= 10 and is_accepted
    order by data_basis, rank
"""
GRID = """
    select scores.segment, customers.value_band, customers.risk_band, count(*) as customers,
        sum(customers.value_at_risk)::double as value_at_risk
    from activity.activity_values as customers
    left join rfm.rfm_scores as scores
        on customers.customer_id = scores.customer_id and scores.basis = 'bought'
    where customers.risk_band is not null
        and customers.value_at_risk is not null
    group by all
    order by all
"""
ACTIONS = """
    select value_band, risk_band, priority, action, customers,
        value_at_risk::double as value_at_risk
    from activity.risk_value_grid
    order by priority
"""
BANDS = {"value_band": ("high", "middle", "low"), "risk_band": ("low", "medium", "high")}


def draw_calibration(desk: Desk) -> Figure:
    """Draw predicted against observed shares of declines, by decile."""
    rows = desk.source.read(CALIBRATION)
    if rows.empty:
        return desk.blank("calibration", CALIBRATION)
    data = _name_sources(desk, rows)
    edge = float(rows[["predicted_share", "highest_share", "declined_share"]].max().max()) * 1.05
    scale = alt.Scale(domain=[0, edge], nice=False)
    diagonal = (
        alt.Chart(pd.DataFrame({"x": [0, edge], "y": [0, edge]}))
        .mark_line(color=MUTED, strokeDash=[4, 4], strokeWidth=1.2)
        .encode(x="x:Q", y="y:Q")
    )
    x = alt.X(
        "predicted_share:Q",
        title=desk.texts.column("predicted_share"),
        scale=scale,
        axis=alt.Axis(format=".0%"),
    )
    color = alt.Color("data_basis:N", title=None, legend=_legend_of(rows))
    ranges = (
        alt.Chart(data)
        .mark_rule(strokeWidth=5, opacity=0.2)
        .encode(x=x, y="lowest_share:Q", y2="highest_share:Q", color=color)
    )
    points = (
        alt.Chart(data)
        .mark_line(point=alt.OverlayMarkDef(size=60, filled=True))
        .encode(
            x=x,
            y=alt.Y(
                "declined_share:Q",
                title=desk.texts.column("declined_share"),
                scale=scale,
                axis=alt.Axis(format=".0%"),
            ),
            color=color,
            tooltip=[
                desk.tip("data_basis"),
                desk.tip("decile", "d"),
                desk.tip("predicted_share", ".1%"),
                desk.tip("declined_share", ".1%"),
                desk.tip("training_rows", ",d"),
            ],
        )
    )
    top = rows.loc[rows["predicted_share"].idxmax()]
    return desk.figure(
        "calibration",
        (diagonal + ranges + points).properties(height=330),
        queries=[CALIBRATION],
        table=data,
        base=[("training_rows", rows["training_rows"].sum())],
        tell=lambda scope, _: {
            "predicted": desk.texts.percent(top["predicted_share"], 0),
            "declined": desk.texts.percent(top["declined_share"], 0),
        },
    )


def draw_gains(desk: Desk) -> Figure:
    """Draw the share of declines reached by contacting so many of the riskiest."""
    rows = desk.source.read(GAINS)
    if rows.empty:
        return desk.blank("gains", GAINS)
    start = rows.drop_duplicates("data_basis").assign(
        decile=0, reached_share=0.0, gain_share=0.0, lift_so_far=float("nan")
    )
    data = _name_sources(desk, pd.concat([start, rows], ignore_index=True))
    chance = (
        alt.Chart(pd.DataFrame({"x": [0, 1], "y": [0, 1]}))
        .mark_line(color=MUTED, strokeDash=[4, 4], strokeWidth=1.2)
        .encode(x="x:Q", y="y:Q")
    )
    lines = (
        alt.Chart(data)
        .mark_line(point=alt.OverlayMarkDef(size=60, filled=True))
        .encode(
            x=alt.X(
                "reached_share:Q",
                title=desk.texts.column("reached_share"),
                axis=alt.Axis(format=".0%"),
            ),
            y=alt.Y(
                "gain_share:Q", title=desk.texts.column("gain_share"), axis=alt.Axis(format=".0%")
            ),
            color=alt.Color("data_basis:N", title=None, legend=_legend_of(rows)),
            tooltip=[
                desk.tip("data_basis"),
                desk.tip("reached_share", ".0%"),
                desk.tip("gain_share", ".0%"),
                desk.tip("lift_so_far", ".1f"),
            ],
        )
    )
    second = rows.loc[(rows["reached_share"] - 0.2).abs().idxmin()]
    return desk.figure(
        "gains",
        (chance + lines).properties(height=330),
        queries=[GAINS],
        table=_name_sources(desk, rows),
        base=[("predicted", None)],
        tell=lambda scope, _: {
            "reached": desk.texts.percent(second["reached_share"], 0),
            "gain": desk.texts.percent(second["gain_share"], 0),
            "lift": desk.texts.number(second["lift_so_far"], 1),
        },
    )


def draw_importances(desk: Desk) -> Figure:
    """Draw which features predict a decline."""
    rows = desk.source.read(IMPORTANCES)
    if rows.empty:
        return desk.blank("importances", IMPORTANCES)
    # Of two kinds of customers each has a model of its own; the first is shown.
    data = _name_sources(desk, rows[rows["data_basis"] == rows["data_basis"].iloc[0]])
    data["low"] = data["importance"] - data["importance_sd"]
    data["high"] = data["importance"] + data["importance_sd"]
    base = alt.Chart(data).encode(
        y=alt.Y("phrase:N", title=None, sort=list(data["phrase"])),
        tooltip=[
            desk.tip("phrase"),
            desk.tip("importance", ".3f"),
            desk.tip("importance_sd", ".3f"),
        ],
    )
    bars = base.mark_bar(color=BLUE).encode(
        x=alt.X("importance:Q", title=desk.texts.column("importance"))
    )
    spread = base.mark_rule(color=GREY, strokeWidth=2).encode(x="low:Q", x2="high:Q")
    return desk.figure(
        "importances",
        (bars + spread).properties(height=max(120, 32 * len(data))),
        queries=[IMPORTANCES],
        table=_name_sources(desk, rows),
        base=[("predicted", None)],
        tell=lambda scope, _: {"feature": data["phrase"].iloc[0]},
    )


def draw_risk(desk: Desk) -> Figure:
    """Draw the value at risk by value and risk."""
    rows, actions = desk.source.read(GRID), desk.source.read(ACTIONS)
    if rows.empty or actions.empty:
        return desk.blank("risk", GRID, ACTIONS)
    data = desk.names(rows, segment="segment", value_band="value_band", risk_band="risk_band")
    order = {
        column: [desk.texts.value(column, band) for band in bands]
        for column, bands in BANDS.items()
    }
    base = (
        following(alt.Chart(data))
        .transform_aggregate(
            customers="sum(customers)",
            value_at_risk="sum(value_at_risk)",
            groupby=["value_band", "risk_band"],
        )
        .encode(
            x=alt.X(
                "risk_band:N",
                title=desk.texts.column("risk_band"),
                sort=order["risk_band"],
                axis=alt.Axis(labelAngle=0),
            ),
            y=alt.Y(
                "value_band:N", title=desk.texts.column("value_band"), sort=order["value_band"]
            ),
            tooltip=[
                desk.tip("value_band"),
                desk.tip("risk_band"),
                desk.tip("customers", ",d"),
                desk.tip("value_at_risk", ",.0f"),
            ],
        )
    )
    cells = base.mark_rect(cornerRadius=3).encode(
        color=alt.Color(
            "value_at_risk:Q",
            title=desk.texts.column("value_at_risk"),
            scale=alt.Scale(range=SEQUENTIAL, domainMin=0),
            legend=alt.Legend(gradientLength=160, gradientThickness=10),
        )
    )
    labels = base.mark_text().encode(text=alt.Text("value_at_risk:Q", format=",.0f"))
    data["is_high"] = rows["risk_band"] == "high"
    unknown = actions.loc[actions["value_band"] == "unknown", "customers"].sum()

    def tell(scope: str, rows: pd.DataFrame) -> dict[str, object]:
        high = rows[rows["is_high"]]
        return {
            "customers": desk.texts.number(high["customers"].sum()),
            "value": desk.texts.money(high["value_at_risk"].sum()),
            "share": desk.texts.percent(
                high["value_at_risk"].sum() / (rows["value_at_risk"].sum() or 1)
            ),
            "unknown": desk.texts.number(unknown),
        }

    return desk.figure(
        "risk",
        (cells + labels).properties(height=260),
        queries=[GRID, ACTIONS],
        table=desk.names(actions, value_band="value_band", risk_band="risk_band"),
        base=[("valued", "customers"), ("value_at_risk", "value_at_risk")],
        tell=tell,
        scopes=scopes_of(data),
    )


def _name_sources(desk: Desk, rows: pd.DataFrame) -> pd.DataFrame:
    kinds = {"data_basis": "data_basis", **({"model": "model"} if "model" in rows else {})}
    return desk.names(rows, **kinds)


def _legend_of(rows: pd.DataFrame) -> alt.Legend | None:
    """Return no legend where there is but one kind of customers."""
    return alt.Legend() if rows["data_basis"].nunique() > 1 else None


FIGURES = (draw_risk, draw_importances, draw_calibration, draw_gains)
