"""Who the customers of each group are, and who responds."""

from __future__ import annotations

from collections.abc import Iterable

import altair as alt
import pandas as pd

from targeted_lists.dashboard.figures import NOTHING_PICKED, Desk, Figure, emphasis, scopes_of
from targeted_lists.dashboard.theme import BLUE, GREY, SKY

GROUPS = """
    select grouping, group_name, group_key, characteristic, member, customers, share,
        overall_share, lowest
    from segmentation.customer_groups
    where grouping not in ('all', 'rfm_segment') and share is not null
    qualify bool_or(member <> 'unknown') over (partition by characteristic)
    order by grouping, group_key, characteristic, lowest nulls last, member
"""
# The members of a characteristic that no segment is picked for are those of all customers.
SEGMENTS = """
    select
        case when grouping = 'all' then '' else group_name end as segment,
        characteristic,
        member,
        customers,
        share,
        overall_share,
        lowest
    from segmentation.customer_groups
    where grouping in ('all', 'rfm_segment') and share is not null
    qualify bool_or(member <> 'unknown') over (partition by characteristic)
    order by all
"""
ANSWERS = """
    select group_name as segment, sum(contacted)::bigint as contacted,
        sum(responses)::bigint as responses
    from response.campaign_responses
    where grouping = 'rfm_segment'
    group by group_name
    order by group_name
"""
GAINS = """
    select depth, contacts_so_far, expected_profit::double as expected_profit,
        profit::double as profit, is_expected_peak
    from response.response_gains
    order by depth
"""
FEWEST_SHOWN = 30
WILSON_Z = 1.959963984540054


def draw_groups(desk: Desk) -> Figure:
    """Draw the distribution of a characteristic, to be chosen, in each cluster."""
    rows = desk.source.read(GROUPS)
    if rows.empty:
        return desk.blank("groups", GROUPS)
    numbers = {key: number for number, key in enumerate(sorted(rows["group_key"].unique()), 1)}
    data = rows.assign(
        name=[f"{numbers[one.group_key]} {one.group_name}" for one in rows.itertuples()],
        ratio=rows["share"] / rows["overall_share"].where(rows["overall_share"] > 0),
    )
    data = desk.names(data, characteristic="characteristic", member="member")
    data["place"] = range(len(data))
    large = data[(data["customers"] >= FEWEST_SHOWN) & data["ratio"].notna()]
    top = large.loc[large["ratio"].idxmax()] if len(large) else data.iloc[0]
    pick, shown = _choice(desk, "groups_choice", data["characteristic"], top["characteristic"])
    base = (
        alt.Chart(data)
        .transform_filter(shown)
        .encode(
            x=alt.X(
                "share:Q",
                title=desk.texts.column("share"),
                axis=alt.Axis(format=".0%"),
                stack="normalize",
            ),
            y=alt.Y("name:N", title=None),
            color=alt.Color("member:N", title=None, sort=None),
            order=alt.Order("place:Q"),
            tooltip=[
                desk.tip("name", column="cluster_name"),
                desk.tip("member"),
                desk.tip("customers", ",d"),
                desk.tip("share", ".1%"),
                desk.tip("overall_share", ".1%"),
                desk.tip("ratio", ".2f", column="share_ratio"),
            ],
        )
    )
    return desk.figure(
        "groups",
        base.mark_bar(cornerRadius=0)
        .add_params(pick)
        .properties(height=max(120, 38 * data["name"].nunique())),
        queries=[GROUPS],
        table=data[
            ["name", "characteristic", "member", "customers", "share", "overall_share"]
        ].rename(columns={"name": "cluster_name"}),
        base=[("compared", _count_compared(data[data["grouping"] == top["grouping"]]))],
        tell=lambda scope, _: {
            "cluster": top["name"],
            "member": top["member"],
            "characteristic": top["characteristic"],
            "share": desk.texts.percent(top["share"], 0),
            "overall": desk.texts.percent(top["overall_share"], 0),
        },
    )


def draw_segment_groups(desk: Desk) -> Figure:
    """Draw a characteristic, to be chosen, of the picked segment next to all customers."""
    rows = desk.source.read(SEGMENTS)
    if rows.empty:
        return desk.blank("segment_groups", SEGMENTS)
    named = desk.names(rows, characteristic="characteristic", member="member")
    named["segment"] = [desk.texts.value("segment", one) if one else "" for one in rows["segment"]]
    named = named.sort_values(["characteristic", "lowest", "member"], kind="stable")
    members = list(dict.fromkeys(named["member"]))
    named["ratio"] = (named["share"] / named["overall_share"]).where(named["overall_share"] > 0)
    of_segments = named[named["segment"] != ""]
    tests = of_segments[of_segments["customers"] >= FEWEST_SHOWN]

    def find_top(rows: pd.DataFrame) -> pd.Series:
        large = rows[(rows["customers"] >= FEWEST_SHOWN) & rows["ratio"].notna()]
        return large.loc[large["ratio"].idxmax()] if len(large) else rows.iloc[0]

    def tell(scope: str, rows: pd.DataFrame) -> dict[str, object]:
        top = find_top(rows if scope else of_segments if len(of_segments) else rows)
        return {
            "segment": top["segment"] or desk.texts("everyone"),
            "member": top["member"],
            "characteristic": top["characteristic"],
            "share": desk.texts.percent(top["share"], 0),
            "overall": desk.texts.percent(top["overall_share"], 0),
        }

    top = find_top(of_segments if len(of_segments) else named)
    pick, shown = _choice(desk, "segment_choice", named["characteristic"], top["characteristic"])
    base = (
        alt.Chart(named)
        .transform_filter(shown)
        .transform_filter("datum.segment == segment")
        .encode(
            y=alt.Y("member:N", title=None, sort=members),
            tooltip=[
                desk.tip("segment"),
                desk.tip("member"),
                desk.tip("customers", ",d"),
                desk.tip("share", ".1%"),
                desk.tip("overall_share", ".1%"),
            ],
        )
    )
    x = alt.X("share:Q", title=desk.texts.column("share"), axis=alt.Axis(format=".0%"))
    bars = base.mark_bar(size=20, color=SKY).encode(x=x)
    everyone = base.mark_tick(thickness=3, size=24, color="#1f2933").encode(x="overall_share:Q")
    return desk.figure(
        "segment_groups",
        (bars + everyone).add_params(pick).properties(height=270),
        queries=[SEGMENTS],
        table=tests[
            ["segment", "characteristic", "member", "customers", "share", "overall_share"]
        ],
        segments=list(tests["segment"]),
        base=[("compared", _count_compared)],
        tell=tell,
        scopes=scopes_of(of_segments) | {NOTHING_PICKED: named[named["segment"] == ""]},
    )


def draw_responses(desk: Desk) -> Figure:
    """Draw who responded to past campaigns, by segment, with the interval of Wilson (1927)."""
    rows = desk.source.read(ANSWERS)
    if rows.empty:
        return desk.blank("responses", ANSWERS)
    data = desk.names(rows, segment="segment")
    contacted, share = (
        data["contacted"],
        data["responses"] / data["contacted"].where(data["contacted"] > 0),
    )
    data["response_rate"] = share
    square = WILSON_Z**2
    middle = (share + square / (2 * contacted)) / (1 + square / contacted)
    half = (
        WILSON_Z
        / (1 + square / contacted)
        * (share * (1 - share) / contacted + square / (4 * contacted**2)) ** 0.5
    )
    data["lower_95"], data["upper_95"] = middle - half, middle + half
    data = data.dropna(subset=["response_rate"]).sort_values("response_rate", ascending=False)
    if data.empty:
        return desk.blank("responses", ANSWERS)
    base = alt.Chart(data).encode(
        y=alt.Y("segment:N", title=None, sort=list(data["segment"])),
        opacity=emphasis(),
        tooltip=[
            desk.tip("segment"),
            desk.tip("contacted", ",d"),
            desk.tip("responses", ",d"),
            desk.tip("response_rate", ".1%"),
            desk.tip("lower_95", ".1%"),
            desk.tip("upper_95", ".1%"),
        ],
    )
    x = alt.X("lower_95:Q", title=desk.texts.column("response_rate"), axis=alt.Axis(format=".0%"))
    ranges = base.mark_rule(strokeWidth=6, color=SKY, strokeCap="round").encode(
        x=x, x2="upper_95:Q"
    )
    points = base.mark_point(size=90, color=BLUE, opacity=1).encode(x="response_rate:Q")
    certain = data[data["contacted"] >= 30]
    overall = data["responses"].sum() / data["contacted"].sum()

    def tell(scope: str, rows: pd.DataFrame) -> dict[str, object]:
        top = (rows if scope else certain if len(certain) else data).iloc[0]
        return {
            "title": "responses.title_segment" if scope else "responses.title",
            "segment": top["segment"],
            "share": desk.texts.percent(top["response_rate"], 0),
            "overall": desk.texts.percent(overall, 0),
        }

    return desk.figure(
        "responses",
        (ranges + points).properties(height=max(120, 28 * len(data))),
        queries=[ANSWERS],
        table=data,
        segments=list(data["segment"]),
        base=[("contacted", "contacted"), ("responses", "responses")],
        tell=tell,
        scopes=scopes_of(data),
    )


def draw_depth(desk: Desk) -> Figure:
    """Draw the profit of the next campaign by how far down the list it writes."""
    rows = desk.source.read(GAINS)
    rows = rows.dropna(subset=["expected_profit"]) if len(rows) else rows
    if rows.empty:
        return desk.blank("depth", GAINS)
    words = {one: desk.texts.column(one) for one in ("expected_profit", "profit")}
    long = rows.melt(
        ["depth", "contacts_so_far"],
        ["expected_profit", "profit"],
        var_name="kind",
        value_name="value",
    ).dropna(subset=["value"])
    long["kind"] = long["kind"].map(words)
    chart = (
        alt.Chart(long)
        .mark_line(point=alt.OverlayMarkDef(size=35, filled=True))
        .encode(
            x=alt.X("depth:Q", title=desk.texts.column("depth"), axis=alt.Axis(format=".0%")),
            y=alt.Y("value:Q", title=desk.texts.column("profit")),
            color=alt.Color(
                "kind:N",
                title=None,
                scale=alt.Scale(domain=list(words.values()), range=[BLUE, GREY]),
            ),
            tooltip=[
                desk.tip("kind"),
                desk.tip("depth", ".0%"),
                desk.tip("contacts_so_far", ",d"),
                desk.tip("value", ",.0f", column="profit"),
            ],
        )
    )
    best = rows.loc[rows["expected_profit"].idxmax()]
    return desk.figure(
        "depth",
        chart,
        queries=[GAINS],
        table=rows[["depth", "contacts_so_far", "expected_profit", "profit"]],
        base=[("tested_campaign", None)],
        tell=lambda scope, _: {
            "depth": desk.texts.percent(best["depth"], 0),
            "profit": desk.texts.money(best["expected_profit"]),
        },
    )


def _count_compared(rows: pd.DataFrame) -> int:
    """Return how many customers are compared: each has one member of every characteristic."""
    return int(rows.groupby("characteristic")["customers"].sum().max())


def _choice(
    desk: Desk, name: str, characteristics: Iterable[str], first: str
) -> tuple[alt.Parameter, str]:
    """Return a choice among characteristics, and the expression that keeps the chosen one."""
    options = list(dict.fromkeys(characteristics))
    pick = alt.param(
        name=name,
        value=first,
        bind=alt.binding_select(options=options, name=desk.texts("choose_characteristic")),
    )
    return pick, f"datum.characteristic == {name}"


FIGURES = (draw_groups, draw_segment_groups, draw_responses, draw_depth)
