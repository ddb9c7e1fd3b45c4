"""Who the customers of each group are, and who responds."""

from __future__ import annotations

from collections.abc import Iterable

import altair as alt
import pandas as pd

from targeted_lists.dashboard.figures import Desk, Figure, emphasis, is_scope, scopes_of
from targeted_lists.dashboard.small_cells import EVERYONE, OTHER, add_everyone
from targeted_lists.dashboard.theme import BLUE, GREY, SKY

GROUPS = """
    select grouping, group_name, group_key, characteristic, member, customers, lowest
    from segmentation.customer_groups
    where share is not null
    qualify bool_or(member <> 'unknown') over (partition by characteristic)
    order by grouping, group_key, characteristic, lowest nulls last, member
"""
ALL, SEGMENTS = "all", "rfm_segment"
# What customers do, not what they are: the others are attributes, whose small groups are merged.
BEHAVIOUR = {"average_order_value", "deal_share", "preferred_channel", "response_rate", "tenure"}
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
    of_clusters = rows[~rows["grouping"].isin([ALL, SEGMENTS])] if len(rows) else rows
    if of_clusters.empty:
        return desk.blank("groups", GROUPS)
    merged = _merge_small(desk, rows)
    data = merged[~merged["grouping"].isin([ALL, SEGMENTS]) & (merged["group"] != EVERYONE)]
    if data.empty:
        return desk.blank("groups", GROUPS, why="small.blank")
    names = dict(zip(of_clusters["group_key"], of_clusters["group_name"], strict=True))
    numbers = {key: f"{number} {names[key]}" for number, key in enumerate(sorted(names), 1)}
    data = data.assign(name=data["group"].map(numbers))
    small = _explain_small(desk, of_clusters, data)
    data = desk.names(data, characteristic="characteristic")
    data["place"] = range(len(data))
    top = _find_top(data)
    pick, shown = _choice(desk, "groups_choice", data["characteristic"], top["characteristic"])
    base = (
        alt.Chart(
            data[
                [
                    *("name", "characteristic", "member", "customers", "share", "overall_share"),
                    *("ratio", "place"),
                ]
            ]
        )
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
    compared = of_clusters[of_clusters["grouping"] == top["grouping"]]
    return desk.figure(
        "groups",
        base.mark_bar(cornerRadius=0)
        .add_params(pick)
        .properties(height=max(120, 38 * data["name"].nunique())),
        queries=[GROUPS],
        table=data[
            ["name", "characteristic", "member", "customers", "share", "overall_share"]
        ].rename(columns={"name": "cluster_name"}),
        base=[("compared", _count_compared(compared))],
        tell=lambda scope, _: {"cluster": top["name"], "small": small, **_tell_top(desk, top)},
    )


def draw_segment_groups(desk: Desk) -> Figure:
    """Draw a characteristic, to be chosen, of the picked segment next to all customers."""
    rows = desk.source.read(GROUPS)
    rows = rows[rows["grouping"].isin([ALL, SEGMENTS])] if len(rows) else rows
    if rows.empty:
        return desk.blank("segment_groups", GROUPS)
    data = _merge_small(desk, rows)
    if data.empty:
        return desk.blank("segment_groups", GROUPS, why="small.blank")
    small = {
        group: _explain_small(desk, rows, data[data["group"] == group])
        for group in data["group"].unique()
    }
    order = data.sort_values(["is_other", "lowest"], kind="stable")
    members = list(dict.fromkeys(order["member"]))
    data["segment"] = [desk.texts.value("segment", one) if one else "" for one in data["group"]]
    data = desk.names(data, characteristic="characteristic")
    of_segments = data[data["segment"] != ""]
    tests = of_segments[of_segments["customers"] >= FEWEST_SHOWN]
    named = {
        desk.texts.value("segment", one)
        for one in rows.loc[rows["grouping"] == SEGMENTS, "group_key"].unique()
    }

    def tell(scope: str, rows: pd.DataFrame) -> dict[str, object]:
        top = _find_top(rows if scope else of_segments if len(of_segments) else rows)
        return {
            "segment": top["segment"] or desk.texts("everyone"),
            "small": small[rows["group"].iloc[0]],
            **_tell_top(desk, top),
        }

    top = _find_top(of_segments if len(of_segments) else data)
    pick, shown = _choice(desk, "segment_choice", data["characteristic"], top["characteristic"])
    base = (
        alt.Chart(
            data[["segment", "characteristic", "member", "customers", "share", "overall_share"]]
        )
        .transform_filter(shown)
        .transform_filter(is_scope())
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
        queries=[GROUPS],
        table=tests[
            ["segment", "characteristic", "member", "customers", "share", "overall_share"]
        ],
        segments=list(tests["segment"]),
        base=[("compared", _count_compared)],
        tell=tell,
        scopes=dict(iter(data.groupby("segment", sort=True))),
        withheld=sorted(named - set(of_segments["segment"])),
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


def _merge_small(desk: Desk, rows: pd.DataFrame) -> pd.DataFrame:
    """Return what may be shown of each grouping, its `group` and `characteristic`.

    Everyone is in each grouping, as the group without a name; a member is in words.
    """
    merged = []
    for characteristic, of_all in rows[rows["grouping"] == ALL].groupby("characteristic"):
        lowest = of_all.set_index("member")["lowest"]
        compared = rows[(rows["characteristic"] == characteristic) & (rows["grouping"] != ALL)]
        for grouping in compared["grouping"].unique() if len(compared) else [ALL]:
            groups = compared[compared["grouping"] == grouping]
            inside = groups.groupby("member")["customers"].sum()
            outside = of_all.set_index("member")["customers"].sub(inside, fill_value=0)
            outside = outside[outside > 0].astype("int64").reset_index()
            groups = groups.rename(columns={"group_key": "group"})
            counts = pd.concat([groups, outside])[["group", "member", "customers"]]
            is_attribute = characteristic not in BEHAVIOUR
            shown = desk.merge_small(counts) if is_attribute else add_everyone(counts)
            shown["lowest"] = shown["member"].map(lowest)
            shown["is_other"] = shown["member"] == OTHER
            shown = shown.sort_values(["group", "is_other", "lowest", "member"])
            merged.append(shown.assign(grouping=grouping, characteristic=characteristic))
    data = pd.concat(merged, ignore_index=True)
    of_group = data.groupby(["grouping", "characteristic", "group"])
    data["share"] = data["customers"] / of_group["customers"].transform("sum")
    overall = data[data["group"] == EVERYONE].set_index(["characteristic", "member"])["share"]
    overall = overall[~overall.index.duplicated()]
    data["overall_share"] = [
        0.0 if one.is_other else overall[one.characteristic, one.member]
        for one in data.itertuples()
    ]
    # What a group does not show by name is its other, and so it is of everyone.
    named = of_group["overall_share"].transform("sum")
    data["overall_share"] = data["overall_share"].mask(data["is_other"], 1 - named)
    data["ratio"] = data["share"] / data["overall_share"].where(data["overall_share"] > 0)
    return desk.names(data, member="member")


def _explain_small(desk: Desk, rows: pd.DataFrame, shown: pd.DataFrame) -> str:
    """Say that small groups are merged, and of which characteristics nothing is shown."""
    missing = sorted(
        desk.texts.value("characteristic", one)
        for one in set(rows["characteristic"]) - set(shown["characteristic"])
    )
    return (desk.explain_small("small") if shown["is_other"].any() else "") + (
        desk.explain_small("small.missing", names=", ".join(missing)) if missing else ""
    )


def _find_top(rows: pd.DataFrame) -> pd.Series:
    """Return the row that differs most from all customers, of those with enough customers."""
    large = rows[(rows["customers"] >= FEWEST_SHOWN) & rows["ratio"].notna() & ~rows["is_other"]]
    return large.loc[large["ratio"].idxmax()] if len(large) else rows.iloc[0]


def _tell_top(desk: Desk, top: pd.Series) -> dict[str, str]:
    return {
        "member": top["member"],
        "characteristic": top["characteristic"],
        "share": desk.texts.percent(top["share"], 0),
        "overall": desk.texts.percent(top["overall_share"], 0),
    }


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
