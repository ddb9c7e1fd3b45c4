"""What a run ends with: the lists, and what became of the order lines."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
from rich.console import Console
from rich.table import Table

from targeted_lists.common.outcome import UserError, as_records
from targeted_lists.common.units import in_currency, read_unit

LISTED = (
    *("list_name", "members", "control", "holdout", "expected_value"),
    *("is_stopped", "stop_reason"),
)
CATALOG = f"""
    select {", ".join(LISTED)}
    from lists.list_catalog
    order by list_name
"""
LEDGER = """
    select decision::varchar, count(*), sum(amount), count(*) / sum(count(*)) over ()
    from core.order_line_ledger
    group by decision
    order by count(*) desc, decision
"""
# A reason quotes the value at fault; without it, equal faults fall together.
REJECTED = """
    select
        regexp_replace(reason, '"[^"]*"', '"…"', 'g') as fault,
        count(*),
        sum(amount),
        count(*) / (select count(*) from core.order_line_ledger)
    from core.order_line_ledger
    where decision::varchar = 'rejected'
    group by fault
    order by count(*) desc, fault
    limit 10
"""


class ReportError(UserError):
    """The published file lacks what the report shows; the message is one sentence."""


def show_lists(published: Path, console: Console) -> dict[str, list[dict[str, Any]]]:
    """Print the catalogue of lists and the ledger of order lines from a published file.

    Returns
    -------
    Both, as `lists` and `order_lines`.

    Raises
    ------
    ReportError : the file lacks one of them.
    """
    try:
        with duckdb.connect(str(published), read_only=True) as connection:
            lists = connection.execute(CATALOG).fetchall()
            decisions = connection.execute(LEDGER).fetchall()
            rejected = connection.execute(REJECTED).fetchall()
            currency = read_unit(connection, "currency")
    except duckdb.Error as error:
        raise ReportError(
            f"{published} has no lists to show ({str(error).splitlines()[0]})"
        ) from error
    table = Table(title="Customer lists", title_justify="left")
    table.add_column("list", no_wrap=True)
    for heading in ("members", "control", "holdout", in_currency("expected value", currency)):
        table.add_column(heading, justify="right")
    table.add_column("stopped because")
    for name, members, control, holdout, value, is_stopped, reason in lists:
        table.add_row(
            name,
            f"{members:,}",
            f"{control:,}",
            f"{holdout:,}",
            "" if value is None else f"{value:,.2f}",
            (reason or "") if is_stopped else "",
        )
    console.print(table)
    show_lines(console, "Order lines read", "decision", decisions, currency)
    if rejected:
        show_lines(console, "Order lines rejected, by reason", "reason", rejected, currency)
    return {
        "lists": as_records(LISTED, lists),
        "order_lines": as_records(("decision", "lines", "amount", "share"), decisions),
    }


def show_lines(
    console: Console, title: str, heading: str, rows: list[tuple], currency: str | None
) -> None:
    """Print how many order lines, worth how much, fall to each row of the ledger."""
    table = Table(title=title, title_justify="left")
    table.add_column(heading, overflow="fold")
    for number in ("lines", "share", in_currency("amount", currency)):
        table.add_column(number, justify="right", no_wrap=True)
    for name, lines, amount, share in rows:
        money = "" if amount is None else f"{amount:,.2f}"
        table.add_row(name, f"{lines:,}", f"{share:.2%}", money)
    console.print(table)
