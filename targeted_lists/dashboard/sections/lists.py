"""The lists: how many are lost where, how large they are, what they are worth, who is in."""

from __future__ import annotations

import altair as alt
import pandas as pd

from targeted_lists.dashboard.figures import Desk, Figure, following, room_for_labels, scopes_of
from targeted_lists.dashboard.theme import BLUE, GREY, ORANGE, SEQUENTIAL, SKY, VERMILION

CATALOG = """
    select list_name, purpose, lift_basis, candidates, members,
        control + holdout as control_and_holdout,
        expected_value::double as expected_value, is_stopped, stop_reason
    from lists.list_catalog
    order by members desc, list_name
"""
WATERFALL = """
    select list_name, step, step_number, before, removed, after, is_holdout,
        removed_value::double as removed_value
    from targeting.list_waterfall
    order by list_name, step_number
"""
MIX = """
    select members.list_name, scores.segment, count(*) as members,
        sum(members.expected_value)::double as expected_value
    from lists.list_members as members
    left join rfm.rfm_scores as scores
        on members.customer_id = scores.customer_id and scores.basis = 'bought'
    group by all
    order by all
"""
# By key alone: no name, address or number is in the published file.
SAMPLES = """
    select members.list_name, members.rank, members.customer_id, scores.segment, members.channel,
        members.reason, members.expected_value::double as expected_value
    from lists.list_members as members
    left join rfm.rfm_scores as scores
        on members.customer_id = scores.customer_id and scores.basis = 'bought'
    qualify row_number() over (
        partition by members.list_name, scores.segment order by members.rank
    ) <= 3
    order by members.list_name, members.rank
"""
SHOWN_MEMBERS = 5


def draw_waterfall(desk: Desk) -> Figure:
    """Draw the way from a list's candidates to its members; the list can be chosen."""
    rows = desk.source.read(WATERFALL)
    if rows.empty:
        return desk.blank("waterfall", WATERFALL)
    steps = desk.names(rows, step="step", list_name="list_name")
    steps["kind"] = ["holdout" if one.is_holdout else "exclusion" for one in rows.itertuples()]
    edges = []
    for name, of_list in steps.groupby("list_name", sort=False):
        first, last = of_list.iloc[0], of_list.iloc[-1]
        edges.append((name, "candidates", 0, 0, first["before"]))
        edges.append((name, "members", last["step_number"] + 1, 0, last["after"]))
    ends = pd.DataFrame(edges, columns=["list_name", "kind", "step_number", "after", "before"])
    ends["step"] = [desk.texts.value("step", one) for one in ends["kind"]]
    data = pd.concat([steps, ends], ignore_index=True).sort_values(
        ["list_name", "step_number"], ignore_index=True
    )
    data["customers"] = data["before"] - data["after"]
    data["label"] = [
        desk.texts.number(one.customers)
        if one.kind in ("candidates", "members")
        else desk.texts.number(-one.customers)
        if one.customers
        else "0"
        for one in data.itertuples()
    ]
    data["color"] = data["kind"].map(
        {"exclusion": VERMILION, "holdout": ORANGE, "candidates": GREY, "members": BLUE}
    )
    names = sorted(data["list_name"].unique())
    sizes = ends[ends["kind"] == "members"].set_index("list_name")["before"]
    candidates = ends[ends["kind"] == "candidates"]["before"]
    largest_loss = steps[steps["removed"] > 0]
    first = desk.texts.value("list_name", "win_back")
    first = first if first in names else names[0]
    pick = alt.param(
        name="waterfall_list",
        value=first,
        bind=alt.binding_select(options=names, name=desk.texts("choose_list")),
    )
    base = (
        alt.Chart(
            data[
                [
                    "list_name",
                    "step",
                    "step_number",
                    "before",
                    "after",
                    "customers",
                    "label",
                    "color",
                ]
            ]
        )
        .transform_filter("datum.list_name == waterfall_list")
        .encode(
            y=alt.Y(
                "step:N",
                title=None,
                sort=alt.SortField("step_number"),
            ),
            tooltip=[desk.tip("list_name"), desk.tip("step"), desk.tip("customers", ",d")],
        )
    )
    bars = base.mark_bar(size=18, cornerRadius=2).encode(
        x=alt.X("after:Q", title=desk.texts.column("customers"), scale=room_for_labels()),
        x2="before:Q",
        color=alt.Color("color:N", scale=None),
    )
    labels = base.mark_text(align="left", dx=6).encode(x="before:Q", text="label:N")
    chart = (
        (bars + labels)
        .add_params(pick)
        .properties(height=30 * int(data.groupby("list_name").size().max()))
    )
    of_first = largest_loss[largest_loss["list_name"] == first]
    top = of_first.loc[of_first["removed"].idxmax()] if len(of_first) else None
    return desk.figure(
        "waterfall",
        chart,
        queries=[WATERFALL],
        table=steps[["list_name", "step", "before", "removed", "after", "removed_value"]],
        base=[("members", sizes.sum()), ("candidates", candidates.sum())],
        tell=lambda scope, _: {
            "title": "waterfall.title" if top is not None else "waterfall.title_none",
            "list": first,
            "candidates": desk.texts.number(data[data["list_name"] == first]["before"].max()),
            "members": desk.texts.number(sizes[first]),
            **(
                {"step": top["step"], "removed": desk.texts.number(top["removed"])}
                if top is not None
                else {}
            ),
        },
    )


def draw_sizes(desk: Desk) -> Figure:
    """Draw how many customers each list contacts and leaves alone."""
    rows = desk.source.read(CATALOG)
    if rows.empty:
        return desk.blank("sizes", CATALOG)
    data = desk.names(rows, list_name="list_name")
    order = list(data["list_name"])
    words = {one: desk.texts.column(one) for one in ("members", "control_and_holdout")}
    long = data.melt(
        ["list_name"], ["members", "control_and_holdout"], var_name="kind", value_name="customers"
    )
    long["place"] = long["kind"].map({"members": 0, "control_and_holdout": 1})
    long["kind"] = long["kind"].map(words)
    chart = (
        alt.Chart(long)
        .mark_bar(size=20)
        .encode(
            y=alt.Y("list_name:N", title=None, sort=order),
            x=alt.X("customers:Q", title=desk.texts.column("customers")),
            color=alt.Color(
                "kind:N",
                title=None,
                scale=alt.Scale(domain=list(words.values()), range=[BLUE, SKY]),
            ),
            order="place:Q",
            tooltip=[desk.tip("list_name"), desk.tip("kind"), desk.tip("customers", ",d")],
        )
        .properties(height=max(120, 36 * len(data)))
    )
    stopped = int(data["is_stopped"].fillna(False).sum())
    return desk.figure(
        "sizes",
        chart,
        queries=[CATALOG],
        table=data[
            ["list_name", "purpose", "candidates", "members", "control_and_holdout", "stop_reason"]
        ],
        base=[
            ("members", data["members"].sum()),
            ("control_and_holdout", data["control_and_holdout"].sum()),
            ("candidates", data["candidates"].sum()),
        ],
        tell=lambda scope, _: {
            "lists": len(data),
            "members": desk.texts.number(data["members"].sum()),
            "control_and_holdout": desk.texts.number(data["control_and_holdout"].sum()),
            "stopped": stopped,
        },
    )


def draw_values(desk: Desk) -> Figure:
    """Draw what each list is expected to bring."""
    rows = desk.source.read(CATALOG)
    rows = rows.dropna(subset=["expected_value"]) if len(rows) else rows
    if rows.empty:
        return desk.blank("values", CATALOG)
    data = desk.names(rows, list_name="list_name", lift_basis="lift_basis")
    data = data.sort_values(["expected_value", "list_name"], ascending=[False, True])
    data["label"] = [desk.texts.number(one) for one in data["expected_value"]]
    bases = [desk.texts.value("lift_basis", one) for one in ("measured", "assumed", "responses")]
    base = alt.Chart(data).encode(
        y=alt.Y("list_name:N", title=None, sort=list(data["list_name"])),
        x=alt.X(
            "expected_value:Q",
            title=desk.texts.column("expected_value"),
            scale=room_for_labels(float(data["expected_value"].min())),
        ),
        tooltip=[
            desk.tip("list_name"),
            desk.tip("expected_value", ",.2f"),
            desk.tip("lift_basis"),
            desk.tip("members", ",d"),
        ],
    )
    bars = base.mark_bar(size=20).encode(
        color=alt.Color(
            "lift_basis:N",
            title=None,
            scale=alt.Scale(domain=bases, range=[BLUE, SKY, ORANGE]),
        )
    )
    labels = base.mark_text(align="left", dx=5).encode(text="label:N")
    lifts = rows[rows["lift_basis"] != "responses"]
    return desk.figure(
        "values",
        (bars + labels).properties(height=max(120, 36 * len(data))),
        queries=[CATALOG],
        table=data[["list_name", "expected_value", "lift_basis", "members"]],
        base=[
            ("members", rows["members"].sum()),
            ("expected_margin", lifts["expected_value"].sum()),
        ],
        tell=lambda scope, _: {"value": desk.texts.money(lifts["expected_value"].sum())},
    )


def draw_mix(desk: Desk) -> Figure:
    """Draw which segments the members of each list come from."""
    rows = desk.source.read(MIX)
    if rows.empty:
        return desk.blank("list_mix", MIX)
    data = desk.names(rows, list_name="list_name", segment="segment")
    order = list(data.groupby("segment")["members"].sum().sort_values(ascending=False).index)
    base = following(alt.Chart(data)).encode(
        x=alt.X("list_name:N", title=None, axis=alt.Axis(labelAngle=-35)),
        y=alt.Y("segment:N", title=None, sort=order),
        tooltip=[
            desk.tip("list_name"),
            desk.tip("segment"),
            desk.tip("members", ",d"),
            desk.tip("expected_value", ",.2f"),
        ],
    )
    cells = base.mark_rect(cornerRadius=2).encode(
        color=alt.Color(
            "members:Q",
            title=desk.texts.column("members"),
            scale=alt.Scale(range=SEQUENTIAL, domainMin=0),
            legend=alt.Legend(gradientLength=160, gradientThickness=10),
        )
    )
    labels = base.mark_text().encode(text=alt.Text("members:Q", format=",d"))

    def tell(scope: str, rows: pd.DataFrame) -> dict[str, object]:
        top = rows.loc[rows["members"].idxmax()]
        return {
            "segment": top["segment"],
            "list": top["list_name"],
            "customers": desk.texts.number(top["members"]),
        }

    return desk.figure(
        "list_mix",
        (cells + labels).properties(height=max(160, 28 * len(order))),
        queries=[MIX],
        table=data,
        segments=list(data["segment"]),
        base=[("members", "members")],
        tell=tell,
        scopes=scopes_of(data),
    )


def draw_samples(desk: Desk) -> Figure:
    """Show the first members of each list with their reasons."""
    rows = desk.source.read(SAMPLES)
    if rows.empty:
        return desk.blank("samples", SAMPLES)
    data = desk.names(rows, list_name="list_name", segment="segment", channel="channel")
    place = data.groupby("list_name").cumcount()
    return desk.figure(
        "samples",
        queries=[SAMPLES],
        table=data,
        is_wide=True,
        is_open=True,
        segments=list(data["segment"]),
        shown=list(place < SHOWN_MEMBERS),
        base=[("sampled_members", None)],
        tell=lambda scope, rows: {"lists": rows["list_name"].nunique()},
        scopes=scopes_of(data),
    )


FIGURES = (draw_waterfall, draw_mix, draw_sizes, draw_values, draw_samples)
