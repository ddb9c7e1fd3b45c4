"""What all lists together changed next to the global holdout."""

from __future__ import annotations

import pandas as pd

from targeted_lists.dashboard.figures import Desk, Figure

PROGRAM = """
    select
        holdout_period, metric, customers, holdout_customers, contacted_customers,
        contacted_by_mistake, treatment_mean, control_mean, difference, incremental_total,
        incremental_lower_95, incremental_upper_95, p_value, verdict_code, verdict
    from targeting.program_lift
    where scope = 'period'
        or (select count(distinct holdout_period) from targeting.program_lift) > 2
    order by scope desc, holdout_period desc, metric
"""
FIRST = "profit"
SURE = ("works", "harms")


def draw_program(desk: Desk) -> Figure:
    """List what everyone did that lists could reach, and what the holdout did."""
    rows = desk.source.read(PROGRAM)
    if rows.empty:
        return desk.blank("program", PROGRAM)
    first = rows[rows["metric"] == FIRST].iloc[0]
    table = desk.names(rows, metric="metric", verdict="verdict", holdout_period="holdout_period")
    table = table.drop(columns="verdict_code").rename(
        columns={
            "customers": "reached_customers",
            "treatment_mean": "reached_mean",
            "control_mean": "holdout_mean",
        }
    )

    def tell(scope: str, rows: pd.DataFrame) -> dict[str, object]:
        finding = first["verdict_code"] if first["verdict_code"] in SURE else "open"
        return {
            "period": desk.texts.value("holdout_period", first["holdout_period"]),
            "total": desk.texts.money(first["incremental_total"]),
            "low": desk.texts.money(first["incremental_lower_95"]),
            "high": desk.texts.money(first["incremental_upper_95"]),
            "finding": desk.texts.value("finding", finding),
            "mistakes": desk.texts.number(first["contacted_by_mistake"]),
        }

    return desk.figure(
        "program",
        queries=[PROGRAM],
        table=table,
        is_wide=True,
        is_open=True,
        base=[
            ("reached_customers", float(first["customers"])),
            ("holdout_customers", float(first["holdout_customers"])),
        ],
        tell=tell,
    )
