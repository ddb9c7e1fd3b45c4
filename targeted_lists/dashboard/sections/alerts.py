"""What is not as it should be."""

from __future__ import annotations

import altair as alt

from targeted_lists.dashboard.figures import Desk, Figure
from targeted_lists.dashboard.theme import GREEN, VERMILION, YELLOW

ALERTS = """
    select severity, check_name, subject, sentence, action, scope, value, amber_from, red_above
    from monitoring.alerts
    order by
        case severity when 'red' then 1 when 'amber' then 2 else 3 end,
        check_name,
        subject
"""
COLORS = {"red": VERMILION, "amber": YELLOW, "green": GREEN}


def draw_alerts(desk: Desk) -> Figure:
    """Draw how many checks are red, amber and green, and show their sentences."""
    rows = desk.source.read(ALERTS)
    if rows.empty:
        return desk.blank("alerts", ALERTS)
    data = desk.names(rows, severity="severity", check_name="check_name", scope="scope")
    counts = data.groupby(["check_name", "severity"], as_index=False).size()
    counts = counts.rename(columns={"size": "checks"})
    names = {one: desk.texts.value("severity", one) for one in COLORS}
    chart = (
        alt.Chart(counts)
        .mark_bar(size=16)
        .encode(
            y=alt.Y("check_name:N", title=None),
            x=alt.X("checks:Q", title=desk.texts.column("checks")),
            color=alt.Color(
                "severity:N",
                title=None,
                scale=alt.Scale(domain=list(names.values()), range=list(COLORS.values())),
            ),
            tooltip=[desk.tip("check_name"), desk.tip("severity"), desk.tip("checks", ",d")],
        )
        .properties(height=max(120, 28 * counts["check_name"].nunique()))
    )
    told = rows["severity"].value_counts()
    return desk.figure(
        "alerts",
        chart,
        queries=[ALERTS],
        table=data[["severity", "check_name", "subject", "sentence", "scope", "action"]],
        is_wide=True,
        is_open=True,
        base=[("checks", len(rows))],
        tell=lambda scope, _: {one: desk.texts.number(told.get(one, 0)) for one in COLORS},
    )


FIGURES = (draw_alerts,)
