"""How much of a list's value is in its first ranks, and where the list is cut."""

from __future__ import annotations

import altair as alt
import pandas as pd

from targeted_lists.dashboard.figures import Desk, Figure
from targeted_lists.dashboard.theme import BLUE, GREY, INK, MUTED

CURVES = """
    select list_name, first_exclusion, rank, cut_rank, candidates,
        expected_value::double as expected_value, cumulative_value::double as cumulative_value,
        is_cut
    from targeting.list_value_curve
    order by list_name, rank
"""


def draw_curve(desk: Desk) -> Figure:
    """Draw the value of a list down its ranking, with the cut; the list can be chosen."""
    rows = desk.source.read(CURVES)
    if rows.empty:
        return desk.blank("value_curve", CURVES)
    lists = _sum_up(desk, rows)
    starts = lists.assign(rank=0, cumulative_value=0.0, is_cut=lists["cut_rank"] == 0)
    data = pd.concat([starts, desk.names(rows, list_name="list_name")], ignore_index=True)
    data["cut"] = data["list_name"].map(lists.set_index("list_name")["cut"])
    columns = ["list_name", "rank", "cut_rank", "cut", "is_cut", "cumulative_value"]
    names = sorted(lists["list_name"])
    first = desk.texts.value("list_name", "win_back")
    first = first if first in names else names[0]
    pick = alt.param(
        name="value_curve_list",
        value=first,
        bind=alt.binding_select(options=names, name=desk.texts("choose_list")),
    )
    base = (
        alt.Chart(data[[*columns, "expected_value"]])
        .transform_filter("datum.list_name == value_curve_list")
        .encode(
            x=alt.X("rank:Q", title=desk.texts.column("rank")),
            y=alt.Y("cumulative_value:Q", title=desk.texts.column("cumulative_value")),
            tooltip=[
                desk.tip("list_name"),
                desk.tip("rank", ",d"),
                desk.tip("expected_value", ",.2f"),
                desk.tip("cumulative_value", ",.0f"),
            ],
        )
    )
    taken = base.transform_filter("datum.rank <= datum.cut_rank")
    left = base.transform_filter("datum.rank >= datum.cut_rank")
    cut = base.transform_filter("datum.is_cut")
    # Above the rule, so far from the edges that the words are not cut off.
    label = cut.mark_text(color=INK).encode(
        x=alt.value({"expr": "clamp(scale('x', datum.cut_rank), 110, width - 110)"}),
        y=alt.value(-8),
        text="cut:N",
    )
    chart = (
        taken.mark_area(color=BLUE, opacity=0.15)
        + left.mark_line(color=GREY, strokeDash=[5, 4])
        + taken.mark_line(color=BLUE)
        + cut.mark_rule(color=MUTED, strokeWidth=1.2).encode(
            y=alt.value(0), y2=alt.value("height")
        )
        + label
    )
    of_first = lists.set_index("list_name").loc[first]
    has_members = of_first["cut_rank"] > 0 and of_first["highest_value"] > 0
    return desk.figure(
        "value_curve",
        chart.add_params(pick).properties(height=330),
        queries=[CURVES],
        table=lists.drop(columns="cut"),
        is_wide=True,
        base=[("on_curve", lists["candidates"].sum())],
        tell=lambda scope, _: {
            "title": "value_curve.title" if has_members else "value_curve.title_none",
            "list": first,
            "ranks": desk.texts.number(of_first["cut_rank"]),
            "candidates": desk.texts.number(of_first["candidates"]),
            "value": desk.texts.money(of_first["value_at_cut"]),
            "share": desk.texts.percent(of_first["value_at_cut"] / of_first["highest_value"])
            if has_members
            else "",
        },
    )


def _sum_up(desk: Desk, rows: pd.DataFrame) -> pd.DataFrame:
    """Return one row per list: where it is cut and by what, and its value there and at most."""
    lists = []
    for name, of_list in rows.groupby("list_name", sort=False):
        first = of_list.iloc[0]
        taken = of_list[of_list["rank"] <= first["cut_rank"]]["cumulative_value"]
        behind = of_list[of_list["rank"] > first["cut_rank"]]["first_exclusion"]
        by = (
            desk.texts("value_curve.all")
            if behind.empty
            else desk.texts.value("step", behind.iloc[0])
        )
        ranks = desk.texts.number(first["cut_rank"])
        lists.append(
            {
                "list_name": desk.texts.value("list_name", name),
                "cut_by": by,
                "cut": f"{by}: {ranks}",
                "cut_rank": int(first["cut_rank"]),
                "candidates": int(first["candidates"]),
                "value_at_cut": float(taken.iloc[-1]) if len(taken) else 0.0,
                "highest_value": max(0.0, float(of_list["cumulative_value"].max())),
            }
        )
    return pd.DataFrame(lists)
