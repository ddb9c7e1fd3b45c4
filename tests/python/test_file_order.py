"""Files are in the order in which people number them; of overlapping exports the later wins."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import duckdb
import pytest
from conftest import REPO_ROOT

from targeted_lists.check.command import open_models
from targeted_lists.check.model_sql import Models
from targeted_lists.inputs.dataset_folder import file_order
from targeted_lists.runs.increments import ReadFile, find_changed_file

HEADER = "order_id,customer_id,ordered_at,product_id,quantity,unit_price\n"
IN_ORDER = [
    "orders.csv",
    "orders (2).csv",
    "orders-2.csv",
    "Orders_2.csv",
    "orders_02.csv",
    "orders_9.csv",
    "orders_10.csv",
    "orders_2025-6.csv",
    "orders_2025-06.xlsx",
    "orders_2025-12.csv",
    "orders_20260301120000.csv",
    f"orders_{'9' * 30}.csv",
    "Заказы_2.csv",
    "заказы_10.csv",
]


@pytest.fixture(scope="module")
def models() -> Models:
    with duckdb.connect() as connection, pytest.MonkeyPatch.context() as patch:
        patch.chdir(REPO_ROOT)
        yield open_models(connection, {"dataset": "sample", "data_dir": "data"})


def test_names_are_sorted_as_people_number_them() -> None:
    assert sorted({*IN_ORDER}, key=file_order) == IN_ORDER


@pytest.mark.parametrize("name", [*IN_ORDER, "", "ΑΣ_1İ.csv", "1" * 45, "a'b.csv", "2/10.csv"])
def test_sql_and_python_give_one_text(models: Models, name: str) -> None:
    sql = models.render("select {{ file_order('name') }} from (select ? as name)")
    assert models.connection.execute(sql, [name]).fetchone() == (file_order(name),)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    folder = Path("data/shop")
    folder.mkdir(parents=True)
    return folder


def rows_of(table: str, sql: str) -> list[tuple]:
    named = {"dataset": "shop", "data_dir": "data", "adapter": "contract"}
    with duckdb.connect() as connection:
        open_models(connection, named).build(table)
        return connection.execute(sql).fetchall()


def test_of_overlapping_exports_the_one_of_the_higher_number_wins(folder: Path) -> None:
    for number in (2, 9, 10):
        (folder / f"order_lines_{number}.csv").write_text(
            f"{HEADER}A1,C1,2026-01-01,P1,{number},1.00\nB{number},C1,2026-01-01,P1,1,1.00\n"
        )
    lines = rows_of(
        "int_order_lines_validated",
        "select source_file, order_id, decision, reason, quantity "
        "from int_order_lines_validated order by order_line_id",
    )
    assert [
        (file, order, decision, int(quantity)) for file, order, decision, _, quantity in lines
    ] == [
        ("order_lines_2.csv", "A1", "rejected", 2),
        ("order_lines_2.csv", "B2", "accepted", 1),
        ("order_lines_9.csv", "A1", "rejected", 9),
        ("order_lines_9.csv", "B9", "accepted", 1),
        ("order_lines_10.csv", "A1", "accepted", 10),
        ("order_lines_10.csv", "B10", "accepted", 1),
    ]
    assert lines[0][3] == "replaced by order_lines_10.csv"


def test_of_other_inputs_too(folder: Path) -> None:
    (folder / "order_lines.csv").write_text(f"{HEADER}A1,C1,2026-01-01,P1,1,1.00\n")
    for number, city in ((2, "Leeds"), (10, "York")):
        (folder / f"customers_{number}.csv").write_text(f"customer_id,city\nC1,{city}\n")
    sql = "select city, decision from int_customers_validated order by city"
    assert rows_of("int_customers_validated", sql) == [("Leeds", "rejected"), ("York", "accepted")]


def test_of_equal_times_the_contact_of_the_later_file_counts(folder: Path) -> None:
    for number in (2, 10):
        (folder / f"order_lines_{number}.csv").write_text(
            f"{HEADER.strip()},customer_email\nA{number},C1,2026-01-01,P1,1,1.00,m{number}@x.org\n"
        )
    sql = "select email from customer_contacts"
    assert rows_of("customer_contacts", sql) == [("m10@x.org",)]


def test_a_file_of_a_higher_number_adds_to_what_was_read() -> None:
    def read(name: str) -> ReadFile:
        return ReadFile(name, "order_lines", 1, 1, "", "", 1)

    before = {name: read(name) for name in ("order_lines_2.csv", "order_lines_9.csv")}
    added = {"order_lines_10.csv": replace(read("order_lines_10.csv"), run_number=2)}
    assert find_changed_file(before, before | added) is None
    assert find_changed_file(
        before | added, {**before, **added, "order_lines_3.csv": read("order_lines_3.csv")}
    ) == ("order_lines_3.csv is new and comes before order_lines_10.csv, which was read already")
