"""What was placed, what was bought, where and when.

Sales are taken from the lines themselves, so that they can be split by the customers' segments;
their sums are those of `pivots.sales_pivot`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import altair as alt
import pandas as pd

from targeted_lists.dashboard.figures import (
    NOTHING_PICKED,
    Desk,
    Figure,
    following,
    is_scope,
    scopes_of,
)
from targeted_lists.dashboard.small_cells import OTHER
from targeted_lists.dashboard.theme import BLUE, SEQUENTIAL, SKY

LINES = """
    from core.fct_order_lines as lines
    left join rfm.rfm_scores as scores
        on lines.customer_id = scores.customer_id
        and scores.basis = 'bought'
"""
SALES = """
        sum(lines.placed_revenue)::double as placed,
        sum(lines.bought_revenue)::double as bought
"""
MONTHS = f"""
    select
        scores.segment,
        date_trunc('month', lines.ordered_at)::date as month,
        {SALES}
    {LINES}
    where lines.is_modelled
    group by all
    order by all
"""
CATEGORIES = f"""
    select
        scores.segment,
        products.category_1 as member,
        {SALES}
    {LINES}
    inner join core.dim_products as products on lines.product_id = products.product_id
    where lines.is_modelled
    group by all
    order by all
"""
UNKNOWN = "unknown"
# A customer counts where most is bought, since small places are told by their customers, and an
# anonymous order as a customer of its own.
CITIES = f"""
    with

    places as (

        select
            customer_id,
            case when customer_id is null then order_id end as anonymous_order_id,
            coalesce(city, country, '{UNKNOWN}') as member,
            sum(placed_revenue) as placed,
            sum(bought_revenue) as bought
        from core.fct_order_lines
        where is_modelled
        group by all

    ),

    ranked as (

        select
            *,
            row_number() over (
                partition by customer_id, anonymous_order_id order by bought desc, member
            ) as place
        from places

    )

    select
        scores.segment as "group",
        ranked.member,
        count(*) filter (where ranked.place = 1) as customers,
        sum(ranked.placed)::double as placed,
        sum(ranked.bought)::double as bought
    from ranked
    left join rfm.rfm_scores as scores
        on ranked.customer_id = scores.customer_id
        and scores.basis = 'bought'
    group by all
    order by all
"""
HOURS = """
    select
        scores.segment,
        isodow(orders.ordered_at) as weekday,
        hour(orders.ordered_at) as hour,
        count(*) as placed_orders
    from core.fct_orders as orders
    left join rfm.rfm_scores as scores
        on orders.customer_id = scores.customer_id
        and scores.basis = 'bought'
    where orders.is_placed
    group by all
    order by all
"""
MOST_MEMBERS, MOST_PLACES = 12, 200
SALES_BASE = [("sales_bought", "bought"), ("sales_placed", "placed")]


def draw_months(desk: Desk) -> Figure:
    """Draw revenue by month, placed and bought."""
    rows = desk.source.read(MONTHS)
    if rows.empty:
        return desk.blank("months", MONTHS)
    data = desk.names(rows, segment="segment")
    names = {one: desk.texts.value("basis", one) for one in ("placed", "bought")}
    chart = (
        following(alt.Chart(_as_text(data)))
        .transform_fold(["placed", "bought"], as_=["basis", "revenue"])
        .transform_aggregate(revenue="sum(revenue)", groupby=["month", "basis"])
        .transform_calculate(
            basis=f"datum.basis == 'placed' ? '{names['placed']}' : '{names['bought']}'"
        )
        .mark_line(point=alt.OverlayMarkDef(size=45, filled=True))
        .encode(
            x=alt.X(
                "month:T",
                title=None,
                axis=alt.Axis(format="%b %Y", labelAngle=0, tickCount="month"),
            ),
            y=alt.Y("revenue:Q", title=desk.texts.column("revenue")),
            color=_basis_color(list(names.values())),
            tooltip=[
                alt.Tooltip("month:T", title=desk.texts.column("month"), format="%B %Y"),
                desk.tip("basis"),
                desk.tip("revenue", ",.0f"),
            ],
        )
    )

    def tell(scope: str, rows: pd.DataFrame) -> dict[str, object]:
        totals = _sum_by(rows, "month")
        best = totals.loc[totals["bought"].idxmax()]
        return {
            "month": pd.Timestamp(best["month"]).strftime("%Y-%m"),
            "times": desk.texts.number(best["bought"] / (totals["bought"].mean() or 1), 1),
            "revenue": desk.texts.money(best["bought"]),
        }

    return desk.figure(
        "months",
        chart,
        queries=[MONTHS],
        table=_sum_by(data, "month"),
        is_wide=True,
        base=SALES_BASE,
        tell=tell,
        scopes=scopes_of(data),
    )


def draw_bought_share(desk: Desk) -> Figure:
    """Draw how much of what is placed stays bought, by month."""
    rows = desk.source.read(MONTHS)
    if rows.empty:
        return desk.blank("bought_share", MONTHS)
    data = desk.names(rows, segment="segment")
    chart = (
        following(alt.Chart(_as_text(data)))
        .transform_aggregate(placed="sum(placed)", bought="sum(bought)", groupby=["month"])
        .transform_calculate(share="datum.placed > 0 ? datum.bought / datum.placed : null")
        .mark_line(point=alt.OverlayMarkDef(size=45, filled=True))
        .encode(
            x=alt.X(
                "month:T",
                title=None,
                axis=alt.Axis(format="%b %Y", labelAngle=0, tickCount="month"),
            ),
            y=alt.Y(
                "share:Q",
                title=desk.texts.column("bought_share"),
                axis=alt.Axis(format=".1%"),
                scale=alt.Scale(zero=False),
            ),
            tooltip=[
                alt.Tooltip("month:T", title=desk.texts.column("month"), format="%B %Y"),
                desk.tip("share", ".1%", column="bought_share"),
                desk.tip("placed", ",.0f"),
                desk.tip("bought", ",.0f"),
            ],
        )
    )
    totals = _sum_by(data, "month")
    totals["bought_share"] = totals["bought"] / totals["placed"].where(totals["placed"] > 0)

    def tell(scope: str, rows: pd.DataFrame) -> dict[str, object]:
        placed, bought = rows["placed"].sum(), rows["bought"].sum()
        return {
            "share": desk.texts.percent(bought / placed if placed else None, 1),
            "lost": desk.texts.money(placed - bought),
        }

    return desk.figure(
        "bought_share",
        chart,
        queries=[MONTHS],
        table=totals,
        base=SALES_BASE,
        tell=tell,
        scopes=scopes_of(data),
    )


def draw_categories(desk: Desk) -> Figure:
    """Draw the categories' revenue, bought on top of placed."""
    rows = desk.source.read(CATEGORIES)
    if rows.empty or rows["member"].isna().all():
        return desk.blank("categories", CATEGORIES)
    data = desk.names(rows, segment="segment", member="member")
    return _draw_members(
        desk,
        "categories",
        CATEGORIES,
        scopes=scopes_of(data),
        draw=lambda shown: following(
            alt.Chart(data[data["member"].isin(shown)])
        ).transform_aggregate(placed="sum(placed)", bought="sum(bought)", groupby=["member"]),
    )


def draw_cities(desk: Desk) -> Figure:
    """Draw the places' revenue; of a dataset without cities the countries'."""
    rows = desk.source.read(CITIES)
    if rows.empty or (rows["member"] == UNKNOWN).all():
        return desk.blank("cities", CITIES)
    largest = rows.groupby("member")["bought"].sum().nlargest(MOST_PLACES).index
    rows["member"] = rows["member"].where(rows["member"].isin(largest), OTHER)
    merged = desk.merge_small(rows, sums=["placed", "bought"])
    if merged.empty:
        return desk.blank("cities", CITIES, why="small.blank")
    data = desk.names(merged, member="member")
    data["segment"] = [desk.texts.value("segment", one) if one else "" for one in merged["group"]]
    scopes = dict(iter(data.groupby("segment", sort=True)))
    named = (desk.texts.value("segment", one) for one in rows["group"].dropna().unique())
    return _draw_members(
        desk,
        "cities",
        CITIES,
        scopes=scopes,
        draw=lambda shown: alt.Chart(
            data.loc[data["member"].isin(shown), ["segment", "member", "placed", "bought"]]
        ).transform_filter(is_scope()),
        small=desk.explain_small("small") if (merged["member"] == OTHER).any() else "",
        withheld=sorted(set(named) - set(scopes)),
    )


def draw_hours(desk: Desk) -> Figure:
    """Draw when orders are placed, as a heat map of weekday and hour."""
    rows = desk.source.read(HOURS)
    if rows.empty:
        return desk.blank("hours", HOURS)
    data = desk.names(rows, segment="segment", weekday="weekday")
    days = [desk.texts.value("weekday", day) for day in range(1, 8)]
    chart = (
        following(alt.Chart(data))
        .transform_aggregate(placed_orders="sum(placed_orders)", groupby=["weekday", "hour"])
        .mark_rect(cornerRadius=2)
        .encode(
            x=alt.X(
                "hour:O",
                title=desk.texts.column("hour"),
                axis=alt.Axis(labelAngle=0, labelOverlap=True),
            ),
            y=alt.Y("weekday:N", title=None, sort=days),
            color=alt.Color(
                "placed_orders:Q",
                title=desk.texts.column("placed_orders"),
                scale=alt.Scale(range=SEQUENTIAL),
                legend=alt.Legend(gradientLength=160, gradientThickness=10),
            ),
            tooltip=[desk.tip("weekday"), desk.tip("hour"), desk.tip("placed_orders", ",d")],
        )
        .properties(height=280)
    )

    def rank(rows: pd.DataFrame) -> pd.DataFrame:
        totals = rows.groupby(["weekday", "hour"], as_index=False)["placed_orders"].sum()
        order = ["placed_orders", "weekday", "hour"]
        return totals.sort_values(order, ascending=[False, True, True])

    def tell(scope: str, rows: pd.DataFrame) -> dict[str, object]:
        top = rank(rows).iloc[0]
        return {
            "weekday": top["weekday"],
            "hour": f"{top['hour']}:00",
            "share": desk.texts.percent(top["placed_orders"] / rows["placed_orders"].sum()),
        }

    return desk.figure(
        "hours",
        chart,
        queries=[HOURS],
        table=rank(data),
        base=[("placed_orders", "placed_orders")],
        tell=tell,
        scopes=scopes_of(data),
    )


def _draw_members(
    desk: Desk,
    key: str,
    query: str,
    *,
    scopes: dict[str, pd.DataFrame],
    draw: Callable[[list[str]], alt.Chart],
    small: str = "",
    **details: Any,
) -> Figure:
    """Draw members by revenue; `draw` returns the chart that has the rows of some of them."""
    other = desk.texts.value("member", OTHER)
    totals = _rank_members(scopes[NOTHING_PICKED], last=other)
    shown = [one for one in totals["member"] if one != other][:MOST_MEMBERS]
    base = draw([*shown, other]).encode(
        y=alt.Y("member:N", title=None, sort=[*shown, other]),
        tooltip=[
            desk.tip("member", column=key),
            desk.tip("placed", ",.0f"),
            desk.tip("bought", ",.0f"),
        ],
    )
    words = [desk.texts.value("basis", "placed"), desk.texts.value("basis", "bought")]
    color = alt.Color("kind:N", title=None, scale=alt.Scale(domain=words, range=[SKY, BLUE]))
    x = alt.X("placed:Q", title=desk.texts.column("revenue"))
    placed = base.transform_calculate(kind=repr(words[0])).mark_bar(size=18)
    bought = base.transform_calculate(kind=repr(words[1])).mark_bar(size=8)
    chart = placed.encode(x=x, color=color) + bought.encode(x="bought:Q", color=color)

    def tell(scope: str, rows: pd.DataFrame) -> dict[str, object]:
        top, bought = _rank_members(rows, last=other).iloc[0], rows["bought"].sum()
        return {
            "member": top["member"],
            "share": desk.texts.percent(top["bought"] / bought if bought else None),
            "small": small,
        }

    return desk.figure(
        key,
        chart.properties(height=max(100, 26 * (len(shown) + 1))),
        queries=[query],
        table=totals.rename(columns={"member": key}),
        base=SALES_BASE,
        tell=tell,
        scopes=scopes,
        **details,
    )


def _sum_by(rows: pd.DataFrame, column: str) -> pd.DataFrame:
    return rows.groupby(column, as_index=False)[["placed", "bought"]].sum()


def _rank_members(rows: pd.DataFrame, *, last: str) -> pd.DataFrame:
    """Return the sums of each member, the most bought first; one of them is the last."""
    totals = _sum_by(rows, "member").sort_values(["bought", "member"], ascending=[False, True])
    return totals.sort_values("member", key=lambda names: names == last, kind="stable")


def _basis_color(names: list[str]) -> alt.Color:
    return alt.Color("basis:N", title=None, scale=alt.Scale(domain=names, range=[SKY, BLUE]))


def _as_text(rows: pd.DataFrame) -> pd.DataFrame:
    """Write months so that a browser in any time zone reads the same month."""
    return rows.assign(month=pd.to_datetime(rows["month"]).dt.strftime("%Y-%m-%dT00:00:00"))


FIGURES = (draw_months, draw_bought_share, draw_hours, draw_categories, draw_cities)
