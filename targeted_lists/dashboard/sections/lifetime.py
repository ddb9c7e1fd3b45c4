"""What customers are expected to bring within a year, and how much of it the lists reach."""

from __future__ import annotations

import altair as alt
import pandas as pd

from targeted_lists.dashboard.figures import (
    NOTHING_PICKED,
    Desk,
    Figure,
    emphasis,
    is_scope,
    room_for_labels,
)
from targeted_lists.dashboard.sections.lifetime_checks import draw_deciles, draw_methods
from targeted_lists.dashboard.sections.lifetime_lists import draw_curve
from targeted_lists.dashboard.small_cells import OTHER
from targeted_lists.dashboard.theme import BLUE, SKY

COHORTS = """
    select segment, cohort_quarter, customers as customers_known,
        customers_predicted as customers, margin_365_days::double as margin_365_days
    from clv.clv_cohorts
    order by all
"""
REASONS = """
    select coalesce(reason, margin_reason) as reason, count(*) as customers
    from clv.clv_customers
    where margin_365_days is null
    group by all
    order by customers desc, reason
"""
NO_SEGMENT = "no segment"
UNDATED = "undated"
SUMS = ["margin_365_days"]
MEASURES = {"mean_margin_365_days": BLUE, "margin_365_days": SKY}
BASE = [("clv_predicted", "customers"), ("clv_margin", "margin_365_days")]


def draw_segments(desk: Desk) -> Figure:
    """Draw what a customer of each segment, and the segment, is expected to bring."""
    rows, reasons = desk.source.read(COHORTS), desk.source.read(REASONS)
    if (blank := _find_blank(desk, "clv_segments", rows, reasons)) is not None:
        return blank
    merged = _merge_segments(desk, rows)
    if merged.empty:
        return desk.blank("clv_segments", COHORTS, why="small.blank")
    is_other = merged["member"] == OTHER
    data = _with_means(desk.names(merged, member="segment"))
    data["segment"] = data["member"].mask(is_other, desk.texts.value("member", OTHER))
    data = data.assign(is_other=is_other).sort_values(
        ["is_other", "mean_margin_365_days", "segment"], ascending=[True, False, True]
    )
    columns = ["segment", "customers", "mean_margin_365_days", "margin_365_days"]
    base = alt.Chart(data[columns]).encode(opacity=emphasis())
    named = (desk.texts.value("segment", one) for one in rows["segment"].unique())
    top = data.iloc[0]

    def tell(scope: str, rows: pd.DataFrame) -> dict[str, object]:
        return {
            "title": "clv_segments.title_segment" if scope else "clv_segments.title",
            "segment": scope or top["segment"],
            "customers": desk.texts.number(rows["customers"].sum()),
            "mean": desk.texts.money(_mean(rows if scope else data.head(1))),
            "margin": desk.texts.money(rows["margin_365_days"].sum()),
            "small": desk.explain_small("small") if is_other.any() else "",
            "unknown": explain_unknown(desk, reasons),
        }

    of_segments = data[~data["is_other"]].groupby("segment", sort=True)
    scopes = {NOTHING_PICKED: data, **dict(iter(of_segments))}
    return desk.figure(
        "clv_segments",
        *_draw_bars(desk, base, "segment", list(data["segment"])),
        queries=[COHORTS, REASONS],
        table=data[columns],
        segments=list(data["segment"]),
        base=BASE,
        tell=tell,
        scopes=scopes,
        withheld=sorted(set(named) - set(scopes)),
    )


def draw_cohorts(desk: Desk) -> Figure:
    """Draw what customers are expected to bring by the quarter of their first order."""
    rows, reasons = desk.source.read(COHORTS), desk.source.read(REASONS)
    if (blank := _find_blank(desk, "clv_cohorts", rows, reasons)) is not None:
        return blank
    # Of a segment that the other figure does not show by name, nothing is shown by quarter.
    named = set(_merge_segments(desk, rows)["member"]) - {OTHER, NO_SEGMENT}
    merged = desk.merge_small(
        _predicted(rows).assign(
            group=lambda cells: cells["segment"].where(cells["segment"].isin(named), None),
            member=lambda cells: cells["cohort_quarter"],
        ),
        sums=SUMS,
    )
    if merged.empty:
        return desk.blank("clv_cohorts", COHORTS, why="small.blank")
    data = _with_means(merged)
    data["cohort_quarter"] = [_name_quarter(desk, one) for one in data["member"]]
    data["segment"] = [desk.texts.value("segment", one) if one else "" for one in data["group"]]
    columns = ["cohort_quarter", "customers", "mean_margin_365_days", "margin_365_days"]
    base = alt.Chart(data[["segment", *columns]]).transform_filter(is_scope())
    # By time; what has none is the last.
    quarters = sorted(data["member"].unique(), key=lambda one: (one in (UNDATED, OTHER), one))
    scopes = dict(iter(data.groupby("segment", sort=True)))
    segments = (desk.texts.value("segment", one) for one in rows["segment"].unique())

    def tell(scope: str, rows: pd.DataFrame) -> dict[str, object]:
        by_name = rows[rows["member"] != OTHER]
        margin = rows["margin_365_days"]
        # Of losses there is no share.
        is_loss = bool(margin.sum() <= 0 or margin.min() < 0)
        measure = "mean_margin_365_days" if is_loss else "margin_365_days"
        top = by_name.loc[by_name[measure].idxmax()]
        title = "clv_cohorts.title" + "_loss" * is_loss
        return {
            "title": title + "_segment" if scope else title,
            "segment": scope,
            "cohort": top["cohort_quarter"],
            "mean": desk.texts.money(top["mean_margin_365_days"]),
            "margin": desk.texts.money(margin.sum()),
            "share": "" if is_loss else desk.texts.percent(top["margin_365_days"] / margin.sum()),
            "small": desk.explain_small("small") if (rows["member"] == OTHER).any() else "",
        }

    return desk.figure(
        "clv_cohorts",
        *_draw_bars(desk, base, "cohort_quarter", [_name_quarter(desk, one) for one in quarters]),
        queries=[COHORTS],
        table=scopes[NOTHING_PICKED][columns],
        base=BASE,
        tell=tell,
        scopes=scopes,
        withheld=sorted(set(segments) - set(scopes)),
    )


def explain_unknown(desk: Desk, reasons: pd.DataFrame) -> str:
    """Return a sentence on customers without a prediction and why, as the end of a note."""
    if reasons.empty:
        return ""
    why = "; ".join(
        f"{one.reason if isinstance(one.reason, str) else desk.texts('value.none')} "
        f"({desk.texts.number(one.customers)})"
        for one in reasons.itertuples()
    )
    customers = desk.texts.number(reasons["customers"].sum())
    return " " + desk.texts("clv_unknown", customers=customers, reasons=why)


def _find_blank(desk: Desk, key: str, rows: pd.DataFrame, reasons: pd.DataFrame) -> Figure | None:
    """Return the figure that says why there is nothing in it, where nobody has a prediction."""
    if rows.empty:
        return desk.blank(key, COHORTS)
    if rows["customers"].sum() == 0:
        return desk.blank(
            key, COHORTS, why="clv_blank", unknown=explain_unknown(desk, reasons).strip()
        )
    return None


def _predicted(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the cells that have somebody with a prediction: the others would be merged."""
    return rows[rows["customers"] > 0]


def _merge_segments(desk: Desk, rows: pd.DataFrame) -> pd.DataFrame:
    cells = _predicted(rows)
    return desk.merge_small(cells.assign(group=None, member=cells["segment"]), sums=SUMS)


def _mean(rows: pd.DataFrame) -> float:
    return rows["margin_365_days"].sum() / rows["customers"].sum()


def _with_means(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(mean_margin_365_days=rows["margin_365_days"] / rows["customers"])


def _name_quarter(desk: Desk, quarter: str) -> str:
    """Name a quarter such as 2026-Q1 in the page's language; what is none keeps its name."""
    if quarter == OTHER:
        return desk.texts.value("member", OTHER)
    if quarter == UNDATED:
        return desk.texts("clv_cohorts.undated")
    year, number = quarter.split("-Q")
    return desk.texts("quarter", year=year, number=number)


def _draw_bars(desk: Desk, base: alt.Chart, name: str, order: list[str]) -> list[alt.LayerChart]:
    """Draw the mean of a customer, and below it the sum, with their figures behind the bars."""
    charts = []
    for measure, color in MEASURES.items():
        bars = base.encode(
            y=alt.Y(f"{name}:N", title=None, sort=order),
            x=alt.X(f"{measure}:Q", title=desk.texts.column(measure), scale=room_for_labels()),
            tooltip=[
                desk.tip(name),
                desk.tip("customers", ",d", column="customers_predicted"),
                desk.tip("mean_margin_365_days", ",.2f"),
                desk.tip("margin_365_days", ",.0f"),
            ],
        )
        labels = bars.mark_text(align="left", dx=5).encode(
            text=alt.Text(f"{measure}:Q", format=",.0f")
        )
        layers = bars.mark_bar(size=16, color=color) + labels
        charts.append(layers.properties(height=max(100, 26 * len(order))))
    return charts


FIGURES = (draw_segments, draw_cohorts, draw_curve, draw_deciles, draw_methods)
