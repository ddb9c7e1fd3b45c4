"""The currency and the time zone of a dataset stand where its amounts and times do."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from rich.console import Console

from targeted_lists.activation.looking import show_preview
from targeted_lists.check.command import open_models
from targeted_lists.common.units import in_currency, read_unit
from targeted_lists.runs.publication import CURRENCY, read_fact
from targeted_lists.runs.reports import show_lists

LINES = """order_id,ordered_at,product_id,quantity,unit_price,currency
O1,2026-01-01,P1,1,2.00,eur
O1,2026-01-01,P2,1,2.00,eur
O2,2026-01-02,P1,1,2.00,EUR
O3,2026-01-03,P1,1,2.00,EUR
O4,2026-01-04,P1,1,2.00,EUR
O5,2026-01-05,P1,1,2.00,{other}
"""


@pytest.fixture
def published(tmp_path: Path, monkeypatch) -> Path:
    """A published file with what the summaries read."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "published/shop.duckdb"
    path.parent.mkdir()
    with duckdb.connect(str(path)) as connection:
        for schema in ("lists", "core", "targeting"):
            connection.execute(f"create schema {schema}")
        connection.execute(
            "create table lists.list_catalog as select 'win_back' as list_name, 9 as members, "
            "1 as control, 1 as holdout, 12.5 as expected_value, false as is_stopped, "
            "null::varchar as stop_reason"
        )
        connection.execute(
            "create table core.order_line_ledger as select 'accepted' as decision, 2.0 as amount, "
            "'sale' as reason"
        )
        connection.execute(
            "create table targeting.list_previews as select 'win_back' as list_name, "
            "2 as contact_cap, 'as defined' as depth, 9 as capacity, 9 as eligible, 9 as members, "
            "0 as control_and_holdout, 12.5 as expected_value, 1.5 as planned_cost, "
            "true as is_as_defined"
        )
        connection.execute("create table publication as select 'shop' as dataset")
    return path


def test_the_currency_stands_in_the_headings_of_amounts(published, capsys):
    def shown() -> str:
        show_lists(published, Console(width=120))
        show_preview("shop", "win_back")
        return capsys.readouterr().out

    # A file of an earlier version says nothing of it, nor one that does not know it.
    before = shown()
    assert "expected value" in before
    with duckdb.connect(str(published)) as connection:
        connection.execute("alter table publication add column currency text")
    assert shown() == before
    with duckdb.connect(str(published)) as connection:
        connection.execute("update publication set currency = 'EUR'")
        assert read_unit(connection, "currency") == "EUR"
        assert read_unit(connection, "time_zone") is None
    after = shown()
    for heading in ("expected value, EUR", "amount, EUR", "value, EUR", "cost,"):
        assert heading in after
    assert in_currency("amount", None) == "amount"


@pytest.mark.parametrize(
    ("settings", "other", "currency"),
    [("", "USD", "EUR"), ("currency: USD\n", "USD", "USD"), ("currency: GBP\n", "", "GBP")],
)
def test_the_currency_is_that_of_dataset_yml_else_of_most_orders(
    tmp_path, monkeypatch, settings, other, currency
):
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "data/shop"
    folder.mkdir(parents=True)
    (folder / "order_lines.csv").write_text(LINES.format(other=other), encoding="utf-8")
    (folder / "dataset.yml").write_text(settings, encoding="utf-8")
    schema, name, column = CURRENCY
    with duckdb.connect() as connection:
        given = {"dataset": "shop", "data_dir": "data", "adapter": "contract"}
        open_models(connection, given).build(name)
        connection.execute(f"create schema {schema}")
        assert read_fact(connection, "memory", CURRENCY) is None
        connection.execute(f"create table {schema}.{name} as select * from main.{name}")
        assert read_fact(connection, "memory", (schema, name, column)) == currency
