"""Who the customers are: RFM, segments, how they move, whether they stay."""

from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd

from targeted_lists.dashboard.figures import (
    NOTHING_PICKED,
    Desk,
    Figure,
    emphasis,
    following,
    scopes_of,
)
from targeted_lists.dashboard.theme import BLUE, FAINT, ORANGE, SEQUENTIAL

# From the best customers to those who are gone.
SEGMENTS = (
    "Champions",
    "Loyal",
    "Potential Loyalist",
    "New",
    "Promising",
    "Need Attention",
    "About To Sleep",
    "At Risk",
    "Cannot Lose Them",
    "Hibernating",
    "Lost",
)
NOT_YET = "not yet a customer"
# Whoever was in none of them a month ago did not move.
NO_SEGMENT = (NOT_YET, "known from totals")
SUMMARY = """
    select segment, customers, customer_share, revenue::double as revenue, revenue_share,
        mean_recency_days, mean_frequency, mean_monetary
    from rfm.rfm_segment_summary
    where basis = 'bought'
    order by revenue desc, segment
"""
GRID = """
    select segment, r_score, f_score, count(*) as customers, sum(monetary)::double as revenue
    from rfm.rfm_scores
    where basis = 'bought'
    group by all
    order by all
"""
MOVES = """
    select from_segment, to_segment, customers, from_date, to_date
    from rfm.rfm_current_migrations
    where basis = 'bought'
    order by all
"""
COHORTS = """
    select cohort_month, months_since, cohort_customers, customers, retention
    from pivots.cohort_pivot
    where basis = 'bought'
    order by all
"""
SCORES = [1, 2, 3, 4, 5]
NARROW = 500
LABELS = 150
GAP = 0.03
CURVE = np.linspace(0, 1, 17)


def draw_segments(desk: Desk) -> Figure:
    """Draw each segment's share of the customers next to its share of the revenue."""
    rows = desk.source.read(SUMMARY)
    if rows.empty:
        return desk.blank("segments", SUMMARY)
    data = desk.names(rows, segment="segment")
    words = [desk.texts.column("customer_share"), desk.texts.column("revenue_share")]
    base = alt.Chart(data).encode(
        y=alt.Y("segment:N", title=None, sort=list(data["segment"])),
        opacity=emphasis(),
        tooltip=[
            desk.tip("segment"),
            desk.tip("customers", ",d"),
            desk.tip("customer_share", ".1%"),
            desk.tip("revenue", ",.0f"),
            desk.tip("revenue_share", ".1%"),
            desk.tip("mean_recency_days", ",.0f"),
            desk.tip("mean_frequency", ",.1f"),
            desk.tip("mean_monetary", ",.0f"),
        ],
    )
    x = alt.X("customer_share:Q", title=desk.texts.column("share"), axis=alt.Axis(format=".0%"))
    link = base.mark_bar(size=6, color=FAINT, cornerRadius=0).encode(x=x, x2="revenue_share:Q")
    color = alt.Color("kind:N", title=None, scale=alt.Scale(domain=words, range=[ORANGE, BLUE]))
    dots = [
        base.transform_calculate(kind=repr(word))
        .mark_point(size=130, opacity=1)
        .encode(x=f"{name}:Q", color=color)
        for word, name in zip(words, ("customer_share", "revenue_share"), strict=True)
    ]
    # Whoever points at a row or at its name has it, not only at its dots.
    row = base.mark_bar(size=26, fillOpacity=0, cursor="pointer").encode(
        x=alt.value(-LABELS), x2=alt.value("width"), opacity=alt.value(1)
    )

    def tell(scope: str, rows: pd.DataFrame) -> dict[str, object]:
        top = rows.iloc[0]
        return {
            "segment": top["segment"],
            "customers": desk.texts.percent(top["customer_share"]),
            "revenue": desk.texts.percent(top["revenue_share"]),
        }

    return desk.figure(
        "segments",
        (link + dots[0] + dots[1] + row).properties(height=max(120, 30 * len(data))),
        queries=[SUMMARY],
        table=data,
        segments=list(data["segment"]),
        base=[("customers", "customers"), ("known_revenue", "revenue")],
        tell=tell,
        scopes=scopes_of(data),
    )


def draw_grid(desk: Desk) -> Figure:
    """Draw how many customers have each score of recency and frequency."""
    rows = desk.source.read(GRID)
    if rows.empty:
        return desk.blank("grid", GRID)
    data = desk.names(rows, segment="segment")
    base = (
        following(alt.Chart(data))
        .transform_aggregate(
            customers="sum(customers)", revenue="sum(revenue)", groupby=["r_score", "f_score"]
        )
        .encode(
            x=alt.X(
                "f_score:O",
                title=desk.texts.column("f_score"),
                axis=alt.Axis(labelAngle=0),
                scale=alt.Scale(domain=SCORES),
            ),
            y=alt.Y(
                "r_score:O",
                title=desk.texts.column("r_score"),
                scale=alt.Scale(domain=SCORES[::-1]),
            ),
            tooltip=[
                desk.tip("r_score", "d"),
                desk.tip("f_score", "d"),
                desk.tip("customers", ",d"),
                desk.tip("revenue", ",.0f"),
            ],
        )
    )
    cells = base.mark_rect(cornerRadius=3).encode(
        color=alt.Color(
            "customers:Q",
            title=desk.texts.column("customers"),
            scale=alt.Scale(range=SEQUENTIAL, domainMin=0),
            legend=alt.Legend(gradientLength=160, gradientThickness=10),
        )
    )
    labels = base.mark_text().encode(text=alt.Text("customers:Q", format=",d"))
    totals = data.groupby(["r_score", "f_score"], as_index=False)[["customers", "revenue"]].sum()

    def tell(scope: str, rows: pd.DataFrame) -> dict[str, object]:
        best = rows[(rows["r_score"] == 5) & (rows["f_score"] == 5)]["customers"].sum()
        return {
            "customers": desk.texts.number(best),
            "share": desk.texts.percent(best / rows["customers"].sum()),
        }

    return desk.figure(
        "grid",
        (cells + labels).properties(height=330),
        queries=[GRID],
        table=totals,
        base=[("customers", "customers"), ("known_revenue", "revenue")],
        tell=tell,
        scopes=scopes_of(data),
    )


def draw_moves(desk: Desk) -> Figure:
    """Draw the moves between segments in the last month as flows."""
    rows = desk.source.read(MOVES)
    if rows.empty:
        return desk.blank("moves", MOVES)
    flows, nodes = lay_out_flows(rows)
    data = desk.names(flows, from_segment="segment", to_segment="segment")
    labels = desk.names(nodes, segment="segment")
    labels["label"] = [
        f"{segment} · {desk.texts.number(count)}"
        for segment, count in zip(labels["segment"], labels["customers"], strict=True)
    ]
    picked = "segment == '' || datum.from_segment == segment || datum.to_segment == segment"
    scale = alt.Scale(domain=[0, 1], nice=False)
    # On a phone the names stand without their counts, or the flows would have no room.
    side = f"(width < {NARROW} ? 112 : 190)"
    room = alt.Scale(
        domain=[0, 1],
        nice=False,
        range=[{"expr": side}, {"expr": f"width - {side}"}],
    )
    bands = (
        alt.Chart(data)
        .mark_area(interpolate="linear", strokeWidth=0)
        .encode(
            x=alt.X("x:Q", axis=None, scale=room),
            y=alt.Y("y:Q", axis=None, scale=scale),
            y2="y2:Q",
            detail="flow:N",
            color=alt.Color(
                "direction:N",
                title=None,
                scale=alt.Scale(
                    domain=[desk.texts.value("direction", one) for one in DIRECTIONS],
                    range=[BLUE, ORANGE, FAINT],
                ),
            ),
            opacity=alt.condition(picked, alt.value(0.75), alt.value(0.08)),
            tooltip=[
                desk.tip("from_segment"),
                desk.tip("to_segment"),
                desk.tip("customers", ",d"),
            ],
        )
        .transform_calculate(direction=_name_direction(desk))
    )
    names = [
        alt.Chart(labels[labels["side"] == end])
        .transform_calculate(name=f"width < {NARROW} ? datum.segment : datum.label")
        .mark_text(align=align, dx=dx, cursor="pointer")
        .encode(
            x=alt.XDatum(place, type="quantitative"),
            y=alt.Y("middle:Q", scale=scale),
            text="name:N",
            opacity=emphasis(0.4),
        )
        for end, place, align, dx in (("from", 0, "right", -8), ("to", 1, "left", 8))
    ]
    named = desk.names(rows, from_segment="segment", to_segment="segment")
    # A picked segment is shown by those who are in it now and those who left it.
    scopes = {NOTHING_PICKED: rows.assign(here=rows["customers"])} | {
        segment: rows.assign(here=rows["customers"].where(named["to_segment"] == segment, 0))[
            (named["from_segment"] == segment) | (named["to_segment"] == segment)
        ]
        for segment in sorted(named["to_segment"].unique())
    }

    def tell(scope: str, rows: pd.DataFrame) -> dict[str, object]:
        here = rows[~rows["from_segment"].isin(NO_SEGMENT)]
        moved = here[here["from_segment"] != here["to_segment"]]
        directions = [_direction(one.from_segment, one.to_segment) for one in moved.itertuples()]
        by_direction = moved.groupby(directions)["customers"].sum()
        inside = named.loc[rows.index]
        came = inside[inside["from_segment"] != scope]["customers"]
        left = inside[inside["to_segment"] != scope]["customers"]
        stayed = here["customers"].sum() - moved["customers"].sum()
        return {
            "title": "moves.title_segment" if scope else "moves.title",
            "segment": scope,
            "came": desk.texts.number(came.sum()),
            "left": desk.texts.number(left.sum()),
            "up": desk.texts.number(by_direction.get("up", 0)),
            "down": desk.texts.number(by_direction.get("down", 0)),
            "stayed": desk.texts.number(stayed),
            "from_date": desk.texts.day(first["from_date"]),
            "to_date": desk.texts.day(first["to_date"]),
        }

    first = rows.iloc[0]
    moved = rows[rows["from_segment"] != rows["to_segment"]]
    return desk.figure(
        "moves",
        (bands + names[0] + names[1]).properties(height=440),
        queries=[MOVES],
        table=desk.names(
            moved.sort_values("customers", ascending=False),
            from_segment="segment",
            to_segment="segment",
        )[["from_segment", "to_segment", "customers"]],
        is_wide=True,
        base=[("customers", "here")],
        tell=tell,
        scopes=scopes,
    )


def draw_cohorts(desk: Desk) -> Figure:
    """Draw how many of each month's new customers still buy."""
    rows = desk.source.read(COHORTS)
    if rows.empty:
        return desk.blank("cohorts", COHORTS)
    later = rows[rows["months_since"] > 0]
    chart = (
        alt.Chart(later)
        .mark_rect(cornerRadius=2)
        .encode(
            x=alt.X(
                "months_since:O",
                title=desk.texts.column("months_since"),
                axis=alt.Axis(labelAngle=0, labelOverlap=True),
            ),
            y=alt.Y("cohort_month:O", title=desk.texts.column("cohort_month")),
            color=alt.Color(
                "retention:Q",
                title=desk.texts.column("retention"),
                scale=alt.Scale(range=SEQUENTIAL, domainMin=0),
                legend=alt.Legend(format=".0%", gradientLength=160, gradientThickness=10),
            ),
            tooltip=[
                desk.tip("cohort_month"),
                desk.tip("months_since", "d"),
                desk.tip("cohort_customers", ",d"),
                desk.tip("customers", ",d"),
                desk.tip("retention", ".1%"),
            ],
        )
        .properties(height=330)
    )
    third = rows[rows["months_since"] == 3]
    came = third["cohort_customers"].sum()
    return desk.figure(
        "cohorts",
        chart,
        queries=[COHORTS],
        table=rows,
        is_wide=True,
        base=[("dated_customers", rows[rows["months_since"] == 0]["customers"].sum())],
        tell=lambda scope, _: {
            "title": "cohorts.title" if came else "cohorts.title_short",
            "share": desk.texts.percent(third["customers"].sum() / came) if came else "",
            "cohorts": desk.texts.number(rows["cohort_month"].nunique()),
        },
    )


DIRECTIONS = ("up", "down", "same")


def _direction(before: str, after: str) -> str:
    """Whether a move leads up, down, or nowhere; a new customer comes from nowhere."""
    if before == after or before not in SEGMENTS or after not in SEGMENTS:
        return "same"
    return "up" if SEGMENTS.index(after) < SEGMENTS.index(before) else "down"


def _name_direction(desk: Desk) -> str:
    up, down, same = (desk.texts.value("direction", one) for one in DIRECTIONS)
    return f"datum.way == 'up' ? '{up}' : datum.way == 'down' ? '{down}' : '{same}'"


def lay_out_flows(rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Place flows between two columns of segments, the best at the top.

    Parameters
    ----------
    rows : one row per from_segment and to_segment, with `customers`.

    Returns
    -------
    The bands, as points (x and y from 0 to 1) of an upper and a lower edge, `flow` tells one from
    another; and the segments of both sides with the middle of each.
    """
    order = {one: place for place, one in enumerate((NOT_YET, *SEGMENTS))}
    rows = rows.assign(
        start=rows["from_segment"].map(order).fillna(len(order)),
        end=rows["to_segment"].map(order).fillna(len(order)),
    ).sort_values(["start", "end", "from_segment", "to_segment"], ignore_index=True)
    tops, nodes = {}, []
    for side, place in (("from", "start"), ("to", "end")):
        totals = rows.groupby([place, f"{side}_segment"])["customers"].sum()
        scale = (1 - GAP * len(totals)) / totals.sum()
        y = 1.0
        for (_, segment), customers in totals.items():
            height = customers * scale
            tops[side, segment] = y
            nodes.append((side, segment, int(customers), y - height / 2))
            y -= height + GAP
        tops[side, "scale"] = scale
    bands = []
    smooth = CURVE**2 * (3 - 2 * CURVE)
    for number, row in rows.iterrows():
        left, right = ("from", row["from_segment"]), ("to", row["to_segment"])
        heights = [row["customers"] * tops[side, "scale"] for side in ("from", "to")]
        upper = tops[left] + (tops[right] - tops[left]) * smooth
        lower = upper - (heights[0] + (heights[1] - heights[0]) * smooth)
        tops[left] -= heights[0]
        tops[right] -= heights[1]
        bands.append(
            pd.DataFrame(
                {
                    "flow": number,
                    "x": CURVE.round(4),
                    "y": upper.round(5),
                    "y2": lower.round(5),
                    "from_segment": row["from_segment"],
                    "to_segment": row["to_segment"],
                    "way": _direction(row["from_segment"], row["to_segment"]),
                    "customers": row["customers"],
                }
            )
        )
    columns = ["side", "segment", "customers", "middle"]
    return pd.concat(bands, ignore_index=True), pd.DataFrame(nodes, columns=columns)


FIGURES = (draw_segments, draw_grid, draw_moves, draw_cohorts)
