"""What happened to the raw rows."""

from __future__ import annotations

import altair as alt
import pandas as pd

from targeted_lists.dashboard.figures import Desk, Figure, room_for_labels
from targeted_lists.dashboard.theme import BLUE, GREY, SKY, VERMILION

LEDGER = """
    select decision::varchar as decision, count(*) as lines, sum(amount) as amount
    from core.order_line_ledger
    group by all
"""
# A reason quotes the value at fault; without it, equal faults fall together.
REASONS = """
    select
        decision::varchar as decision,
        coalesce(regexp_replace(reason, '"[^"]*"', '"…"', 'g'), '') as reason,
        count(*) as lines,
        sum(amount) as amount
    from core.order_line_ledger
    where decision::varchar <> 'accepted'
    group by all
    order by lines desc, reason
    limit 20
"""
INPUTS = """
    select
        input,
        count(*) as rows,
        count(*) filter (where decision::varchar = 'merged') as merged,
        count(*) filter (where decision::varchar = 'rejected') as rejected
    from core.input_ledger
    group by input
    order by input
"""
LEFT_OUT = ("merged", "rejected", "accepted_not_modelled")
COLORS = {
    "read": GREY,
    "merged": SKY,
    "rejected": VERMILION,
    "accepted_not_modelled": "#E69F00",
    "accepted": BLUE,
}


def draw_ledger(desk: Desk) -> Figure:
    """Draw the way from the lines read to those that count, as a waterfall."""
    rows = desk.source.read(LEDGER)
    if rows.empty:
        return desk.blank("ledger", LEDGER)
    lines = dict(zip(rows["decision"], rows["lines"], strict=True))
    total = sum(lines.values())
    steps, after = [("read", 0, total)], total
    for decision in LEFT_OUT:
        before, after = after, after - lines.get(decision, 0)
        steps.append((decision, after, before))
    steps.append(("accepted", 0, after))
    data = pd.DataFrame(steps, columns=["decision", "after", "before"])
    data["lines"] = data["before"] - data["after"]
    data["label"] = [desk.texts.number(count) for count in data["lines"]]
    data["color"] = data["decision"].map(COLORS)
    data = desk.names(data, decision="decision")
    base = alt.Chart(data).encode(
        y=alt.Y("decision:N", sort=None, title=None),
        tooltip=[desk.tip("decision"), desk.tip("lines", ",d")],
    )
    bars = base.mark_bar(size=26, cornerRadius=2).encode(
        x=alt.X("after:Q", title=desk.texts.column("lines")),
        x2="before:Q",
        color=alt.Color("color:N", scale=None),
    )
    labels = base.mark_text(align="left", dx=6).encode(x="before:Q", text="label:N")
    chart = (bars.encode(x=bars.encoding.x.copy().scale(room_for_labels())) + labels).properties(
        height=300
    )
    return desk.figure(
        "ledger",
        chart,
        queries=[LEDGER],
        table=data[["decision", "lines"]],
        base=[("raw_lines", total)],
        tell=lambda scope, _: {
            "share": desk.texts.percent(
                (lines.get("accepted", 0) + lines.get("accepted_not_modelled", 0)) / total, 1
            ),
            "lines": desk.texts.number(total),
            "aside": desk.texts.number(lines.get("rejected", 0)),
        },
    )


def draw_reasons(desk: Desk) -> Figure:
    """Draw why lines do not count."""
    rows = desk.source.read(REASONS)
    if rows.empty:
        return desk.blank("reasons", REASONS)
    data = desk.names(rows, decision="decision", reason="ledger_reason")
    names = [desk.texts.value("decision", one) for one in LEFT_OUT]
    data["label"] = [desk.texts.number(count) for count in data["lines"]]
    base = alt.Chart(data).encode(
        y=alt.Y("reason:N", sort=list(data["reason"]), title=None),
        x=alt.X(
            "lines:Q",
            title=desk.texts.column("lines"),
            scale=room_for_labels(),
        ),
        tooltip=[
            desk.tip("reason"),
            desk.tip("decision"),
            desk.tip("lines", ",d"),
            desk.tip("amount", ",.2f"),
        ],
    )
    bars = base.mark_bar().encode(
        color=alt.Color(
            "decision:N",
            title=None,
            scale=alt.Scale(domain=names, range=[COLORS[one] for one in LEFT_OUT]),
        )
    )
    labels = base.mark_text(align="left", dx=5).encode(text="label:N")
    top = data.iloc[0]
    return desk.figure(
        "reasons",
        (bars + labels).properties(height=max(120, 24 * len(data))),
        queries=[REASONS],
        table=data[["decision", "reason", "lines", "amount"]],
        base=[("lines_not_counted", None)],
        tell=lambda scope, _: {
            "reason": top["reason"],
            "lines": desk.texts.number(top["lines"]),
        },
    )


def draw_inputs(desk: Desk) -> Figure:
    """Draw what was left out of the files next to the order lines."""
    rows = desk.source.read(INPUTS)
    if rows.empty:
        return desk.blank("inputs", INPUTS)
    long = rows.melt(
        ["input", "rows"], ["merged", "rejected"], var_name="decision", value_name="left_out"
    )
    long["share"] = long["left_out"] / long["rows"]
    long["decision"] = long["decision"].str.replace("_", " ")
    data = desk.names(long, decision="decision")
    order = long.groupby("input")["share"].sum().sort_values(ascending=False).index
    names = [desk.texts.value("decision", one) for one in ("merged", "rejected")]
    chart = (
        alt.Chart(data)
        .mark_bar()
        .encode(
            y=alt.Y("input:N", title=None, sort=list(order)),
            x=alt.X(
                "share:Q", title=desk.texts.column("share_left_out"), axis=alt.Axis(format=".2~%")
            ),
            color=alt.Color(
                "decision:N", title=None, scale=alt.Scale(domain=names, range=[SKY, VERMILION])
            ),
            tooltip=[
                desk.tip("input"),
                desk.tip("decision"),
                desk.tip("left_out", ",d"),
                desk.tip("rows", ",d"),
            ],
        )
        .properties(height=max(120, 24 * len(rows)))
    )
    left_out = int(rows[["merged", "rejected"]].to_numpy().sum())
    return desk.figure(
        "inputs",
        chart,
        queries=[INPUTS],
        table=rows,
        is_wide=True,
        base=[("input_rows", rows["rows"].sum())],
        tell=lambda scope, _: {
            "left_out": desk.texts.number(left_out),
            "rows": desk.texts.number(int(rows["rows"].sum())),
            "files": desk.texts.number(len(rows)),
        },
    )


FIGURES = (draw_ledger, draw_reasons, draw_inputs)
