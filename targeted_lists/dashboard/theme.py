"""How charts look: one palette that the colour-blind can tell apart, one scale of type."""

from __future__ import annotations

from typing import Any

# Okabe and Ito (2008), Color Universal Design, in an order whose neighbours differ in lightness;
# the yellow is darkened to be seen on white.
BLUE, ORANGE, GREEN, PURPLE, SKY, VERMILION, YELLOW, GREY = PALETTE = (
    "#0072B2",
    "#E69F00",
    "#009E73",
    "#CC79A7",
    "#56B4E9",
    "#D55E00",
    "#B8A800",
    "#8A8F98",
)
INK, MUTED, FAINT, RULE = "#1f2933", "#52606d", "#cbd2d9", "#e4e7eb"
# Light enough throughout for dark figures on it.
SEQUENTIAL = ["#eef5fb", "#5fa6d6"]
DIVERGING = "purpleorange"
HEIGHT = 300

CONFIG: dict[str, Any] = {
    "background": "transparent",
    "numberFormat": ",~f",
    "font": "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif",
    "view": {"stroke": None, "continuousHeight": HEIGHT, "discreteHeight": HEIGHT},
    "axis": {
        "labelColor": MUTED,
        "labelFontSize": 12,
        "titleColor": MUTED,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "titlePadding": 8,
        "gridColor": RULE,
        "domain": False,
        "ticks": False,
        "labelPadding": 6,
        "labelOverlap": True,
    },
    "axisBand": {"grid": False, "labelOverlap": False},
    "axisQuantitative": {"tickCount": 5},
    "legend": {
        "orient": "top",
        "labelColor": MUTED,
        "labelFontSize": 12,
        "titleColor": MUTED,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "symbolType": "circle",
        "symbolOpacity": 1,
        "columnPadding": 14,
        "offset": 8,
    },
    "range": {"category": list(PALETTE)},
    "bar": {"color": BLUE, "cornerRadiusEnd": 2},
    "rect": {"color": BLUE},
    "line": {"color": BLUE, "strokeWidth": 2.5},
    "point": {"color": BLUE, "filled": True, "size": 55},
    "rule": {"color": MUTED},
    "text": {"color": INK, "fontSize": 12},
}
