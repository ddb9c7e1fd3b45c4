"""What was placed, what was bought, where and when.

Sales are taken from the lines themselves, so that they can be split by the customers' segments;
their sums are those of `pivots.sales_pivot`.
"""

from __future__ import annotations

import altair as alt
import pandas as pd

from targeted_lists.dashboard.figures import Desk, Figure, following, scopes_of
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
CITIES = f"""
    select scores.segment, coalesce(lines.city, lines.country) as member, {SALES}
    {LINES}
    where lines.is_modelled
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
MOST_MEMBERS = 12
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
    return _draw_members(desk, "categories", CATEGORIES)


def draw_cities(desk: Desk) -> Figure:
    """Draw the places' revenue; of a dataset without cities the countries'."""
    return _draw_members(desk, "cities", CITIES)


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


def _draw_members(desk: Desk, key: str, query: str) -> Figure:
    rows = desk.source.read(query)
    if rows.empty or rows["member"].isna().all():
        return desk.blank(key, query)
    data = desk.names(rows, segment="segment", member="member")
    totals = _rank_members(data)
    shown = totals.head(MOST_MEMBERS)
    base = (
        following(alt.Chart(data[data["member"].isin(shown["member"])]))
        .transform_aggregate(placed="sum(placed)", bought="sum(bought)", groupby=["member"])
        .encode(
            y=alt.Y("member:N", title=None, sort=list(shown["member"])),
            tooltip=[
                desk.tip("member", column=key),
                desk.tip("placed", ",.0f"),
                desk.tip("bought", ",.0f"),
            ],
        )
    )
    words = [desk.texts.value("basis", "placed"), desk.texts.value("basis", "bought")]
    color = alt.Color("kind:N", title=None, scale=alt.Scale(domain=words, range=[SKY, BLUE]))
    x = alt.X("placed:Q", title=desk.texts.column("revenue"))
    placed = base.transform_calculate(kind=repr(words[0])).mark_bar(size=18)
    bought = base.transform_calculate(kind=repr(words[1])).mark_bar(size=8)
    chart = placed.encode(x=x, color=color) + bought.encode(x="bought:Q", color=color)

    def tell(scope: str, rows: pd.DataFrame) -> dict[str, object]:
        top, bought = _rank_members(rows).iloc[0], rows["bought"].sum()
        return {
            "member": top["member"],
            "share": desk.texts.percent(top["bought"] / bought if bought else None),
        }

    return desk.figure(
        key,
        chart.properties(height=max(100, 26 * len(shown))),
        queries=[query],
        table=totals.rename(columns={"member": key}),
        base=SALES_BASE,
        tell=tell,
        scopes=scopes_of(data),
    )


def _sum_by(rows: pd.DataFrame, column: str) -> pd.DataFrame:
    return rows.groupby(column, as_index=False)[["placed", "bought"]].sum()


def _rank_members(rows: pd.DataFrame) -> pd.DataFrame:
    return _sum_by(rows, "member").sort_values(["bought", "member"], ascending=[False, True])


def _basis_color(names: list[str]) -> alt.Color:
    return alt.Color("basis:N", title=None, scale=alt.Scale(domain=names, range=[SKY, BLUE]))


def _as_text(rows: pd.DataFrame) -> pd.DataFrame:
    """Write months so that a browser in any time zone reads the same month."""
    return rows.assign(month=pd.to_datetime(rows["month"]).dt.strftime("%Y-%m-%dT00:00:00"))


FIGURES = (draw_months, draw_bought_share, draw_hours, draw_categories, draw_cities)
