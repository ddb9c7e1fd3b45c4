"""What past campaigns changed next to their control groups."""

from __future__ import annotations

import altair as alt
import pandas as pd

from targeted_lists.dashboard.figures import NOTHING_PICKED, Desk, Figure, scopes_of
from targeted_lists.dashboard.sections.program import draw_program
from targeted_lists.dashboard.theme import BLUE, GREY, INK, MUTED, VERMILION

LIFT = """
    select
        case when slice = 'segment' then slice_value else '' end as segment,
        campaign_id, list_name, metric, arm, verdict_code, verdict, treatment_customers,
        control_customers,
        treatment_mean, control_mean, difference, lower_95, upper_95, p_value, q_value
    from targeting.campaign_lift
    where slice in ('all', 'segment') and difference is not null and lower_95 is not null
    order by segment, campaign_id, arm, metric
"""
FIRST = "purchase"
SURE = ("works", "harms")


def draw_lift(desk: Desk) -> Figure:
    """Draw the difference that each campaign made, with its interval."""
    rows = desk.source.read(LIFT)
    if rows.empty:
        return desk.blank("lift", LIFT)
    data = desk.names(rows, list_name="list_name", metric="metric", verdict="verdict", arm="arm")
    data["segment"] = [desk.texts.value("segment", one) if one else "" for one in rows["segment"]]
    several = rows.groupby("campaign_id")["arm"].nunique().max() > 1
    data["campaign"] = [
        f"{one.campaign_id} {one.list_name or ''}" + (f" ({one.arm})" if several else "")
        for one in data.itertuples()
    ]
    # Not by the interval: of many segments some lie beyond zero by chance, which verdicts know.
    data["finding"] = [
        desk.texts.value("finding", one if one in SURE else "open") for one in rows["verdict_code"]
    ]
    options = list(dict.fromkeys(data["metric"]))
    first = desk.texts.value("metric", FIRST)
    pick = alt.param(
        name="lift_metric",
        value=first if first in options else options[0],
        bind=alt.binding_select(options=options, name=desk.texts("choose_metric")),
    )
    findings = [desk.texts.value("finding", one) for one in (*SURE, "open")]
    base = (
        alt.Chart(data)
        .transform_filter("datum.metric == lift_metric && datum.segment == segment")
        .encode(
            y=alt.Y(
                "campaign:N", title=None, scale=alt.Scale(domain=sorted(set(data["campaign"])))
            ),
            color=alt.Color(
                "finding:N",
                title=None,
                scale=alt.Scale(domain=findings, range=[BLUE, VERMILION, GREY]),
            ),
            tooltip=[
                desk.tip("campaign"),
                desk.tip("metric"),
                desk.tip("treatment_customers", ",d"),
                desk.tip("control_customers", ",d"),
                desk.tip("treatment_mean", ",.3f"),
                desk.tip("control_mean", ",.3f"),
                desk.tip("difference", "+,.3f"),
                desk.tip("lower_95", "+,.3f"),
                desk.tip("upper_95", "+,.3f"),
                desk.tip("p_value", ".4f"),
                desk.tip("q_value", ".4f"),
                desk.tip("verdict"),
            ],
        )
    )
    x = alt.X("lower_95:Q", title=desk.texts.column("difference"), axis=alt.Axis(format="~g"))
    ranges = base.mark_rule(strokeWidth=6, opacity=0.35, strokeCap="round").encode(
        x=x, x2="upper_95:Q"
    )
    points = base.mark_point(size=120, opacity=1).encode(x="difference:Q")
    verdicts = base.mark_text(dy=-16, color=INK).encode(
        x="difference:Q", text="verdict:N", color=alt.value(INK)
    )
    zero = (
        alt.Chart()
        .mark_rule(color=MUTED, strokeDash=[4, 4])
        .encode(x=alt.datum(0, type="quantitative"))
    )
    main = data.assign(is_sure=rows["verdict_code"] == "works")
    main = main[rows["metric"] == FIRST] if (rows["metric"] == FIRST).any() else main
    whole = main[main["segment"] == ""]

    def tell(scope: str, rows: pd.DataFrame) -> dict[str, object]:
        return {
            "works": int(rows["is_sure"].sum()),
            "campaigns": len(rows),
            "metric": rows["metric"].iloc[0],
        }

    return desk.figure(
        "lift",
        alt.layer(ranges, points, verdicts, zero, data=data)
        .add_params(pick)
        .properties(height=max(150, 70 * data["campaign"].nunique())),
        queries=[LIFT],
        table=data[
            [
                "segment",
                "campaign",
                "metric",
                "treatment_customers",
                "control_customers",
                "treatment_mean",
                "control_mean",
                "difference",
                "lower_95",
                "upper_95",
                "p_value",
                "q_value",
                "verdict",
            ]
        ],
        is_wide=True,
        segments=list(data["segment"]),
        shown=list(data["segment"] == ""),
        base=[("treatment_customers", "treatment_customers")],
        tell=tell,
        scopes=scopes_of(main) | {NOTHING_PICKED: whole},
    )


FIGURES = (draw_program, draw_lift)
