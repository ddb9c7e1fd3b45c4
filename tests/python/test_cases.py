"""Exports of real shops, each by `init` and without an edit: every line has its right value.

The files are those of tests/data/cases; people, keys and contacts in them are invented.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from conftest import REPO_ROOT

from targeted_lists.__main__ import main
from targeted_lists.check.command import open_models
from targeted_lists.cli.request import adapter_of, prepare
from targeted_lists.common.project import read_contract, read_yaml
from targeted_lists.inputs.connectors import ConnectorError, read_connector, read_connectors
from targeted_lists.inputs.dataset_file import find_setting_fault
from targeted_lists.inputs.layouts import layout_of
from targeted_lists.inputs.readable import Settings
from targeted_lists.sample import generate_sample, render_order_export

CASES = REPO_ROOT / "tests/data/cases"
LINES = """
    select order_id, product_id, customer_id, status, quantity, unit_price, discount, amount,
        decision, reason, ordered_at
    from int_order_lines_validated
    order by source_file, source_row
"""
D = Decimal

SetUp = Callable[..., dict]


@pytest.fixture
def set_up(tmp_path: Path, monkeypatch, capsys) -> SetUp:
    """Return a function that sets a case up in an empty folder, and gives what init found."""
    monkeypatch.chdir(tmp_path)

    def run(case: str, *options: str, code: int = 0) -> dict:
        paths = [str(path) for path in sorted((CASES / case).iterdir()) if path.suffix != ".yml"]
        assert main(["init", "shop", *paths, "--json", *options]) == code
        return json.loads(capsys.readouterr().out)

    return run


def rows_of(table: str, sql: str) -> list[tuple]:
    """Return rows of a table of the run, built in memory from the dataset that was set up."""
    given = prepare("shop", Path("data"), "{}")
    with duckdb.connect() as connection:
        models = open_models(connection, {**given, "adapter": adapter_of(given)})
        models.build(table)
        return connection.execute(sql).fetchall()


def lines_of() -> list[dict]:
    """Return the validated order lines, in the order of the file."""
    names = [
        *("order_id", "product_id", "customer_id", "status", "quantity", "unit_price"),
        *("discount", "amount", "decision", "reason", "ordered_at"),
    ]
    return [
        dict(zip(names, row, strict=True)) for row in rows_of("int_order_lines_validated", LINES)
    ]


def sold(lines: list[dict]) -> dict[str, Decimal]:
    """Return what was bought of each order: sales that were neither cancelled nor returned."""
    found: dict[str, Decimal] = {}
    for line in lines:
        is_sold = line["decision"] == "accepted" and line["status"] in ("delivered", "placed")
        found[line["order_id"]] = found.get(line["order_id"], D(0)) + (
            line["amount"] if is_sold else D(0)
        )
    return found


def test_shopify(set_up: SetUp) -> None:
    found = set_up("01-shopify")
    assert found["connector"] == "shopify"
    assert found["undecided"] == []
    assert found["settings"] == {"delimiter": ",", "currency": "EUR"}
    written = Path("data/shop/dataset.yml").read_text(encoding="utf-8")
    assert "# A yes to marketing in an order is a consent to e-mail" in written
    assert "paid = delivered, partially_refunded = delivered, pending = placed" in written
    lines = lines_of()
    assert len(lines) == 11
    assert sold(lines) == {
        "#1001": D("22.50"),
        "#1002": D("30"),
        "#1003": D(0),
        "#1004": D("10"),
        "#1005": D(0),
        "#1006": D("50"),
        "#1007": D(0),
        "#1008": D(0),
    }
    # lena@ and LENA@ are one person; nobody's address is a key.
    keys = {line["order_id"]: line["customer_id"] for line in lines}
    assert keys["#1001"] == keys["#1002"]
    assert keys["#1001"] != keys["#1003"] == keys["#1004"]
    assert keys["#1006"] is None
    assert [key for key in keys.values() if key and "@" in key] == []
    # The shop's clock, not that of UTC.
    assert lines[0]["ordered_at"] == datetime(2026, 3, 1, 0, 30)
    reasons = {(line["order_id"], line["product_id"]): line["reason"] for line in lines}
    assert reasons["#1004", "Gift Card - 50"] == "service: gift card"
    assert reasons["#1004", "Tip"] == "service: tip"
    assert reasons["#1007", "CH"] == "service: test order"
    assert reasons["#1008", "CH"] == (
        'currency "JPY" is not that of the dataset (EUR) and has no rate'
    )


def test_square(set_up: SetUp) -> None:
    found = set_up("15-square-items")
    assert found["connector"] == "square_items"
    assert found["undecided"] == []
    assert found["settings"]["date_order"] == "month first"
    lines = lines_of()
    assert [
        (line["order_id"], line["product_id"], line["quantity"], line["amount"]) for line in lines
    ] == [
        ("Tx1", "LAT", D(2), D(8)),
        ("Tx1", "House Blend", D(1), D(1)),
        ("Tx2", "House Blend", D(3), D(1050)),
        ("Tx3", "LAT", D(-1), D(-4)),
    ]
    assert lines[0]["ordered_at"] == datetime(2026, 3, 1, 9, 15, 30)
    assert [line["customer_id"] for line in lines] == ["CUSTA", "CUSTA", None, "CUSTA"]
    # With the tax that the lines name.
    with Path("data/shop/dataset.yml").open("a", encoding="utf-8") as file:
        file.write("vars: {tax_basis: gross}\n")
    assert [line["amount"] for line in lines_of()] == [
        D("8.64"),
        D("1.08"),
        D(1134),
        D("-4.32"),
    ]


@pytest.mark.parametrize("case", ["02-woocommerce-packed", "02-woocommerce-lines"])
def test_woocommerce(case: str, set_up: SetUp) -> None:
    found = set_up(case)
    assert found["settings"]["date_order"] == "day first"
    lines = lines_of()
    # A line's total is after the order's discount: nothing is taken off twice.
    assert [(line["order_id"], line["amount"]) for line in lines[:3]] == [
        ("501", D("18.67")),
        ("501", D("9.33")),
        ("502", D("10")),
    ]
    expected = {"501": D("28"), "502": D("10")}
    if case.endswith("lines"):
        expected |= {"503": D(0), "504": D(0)}
    assert sold(lines) == expected
    assert lines[0]["ordered_at"] == datetime(2026, 6, 9, 6, 29)
    assert lines[2]["ordered_at"] == datetime(2026, 6, 13, 7, 29)
    # Customer 0 is a guest, and known by the e-mail.
    assert lines[0]["customer_id"].startswith("c_")


def test_1c(set_up: SetUp, capsys) -> None:
    found = set_up("05-1c-report")
    assert found["connector"] == "report_1c"
    file = CASES / "05-1c-report/sales_march.csv"
    assert main(["init", "again", str(file)]) == 0
    # The row of totals is no example of anything.
    assert "Итого" not in capsys.readouterr().out
    first, second, total = lines_of()
    assert (first["order_id"], first["amount"]) == ("000000123", D("2501"))
    assert (second["order_id"], second["amount"]) == ("000000124", D("2350"))
    assert first["ordered_at"] == datetime(2026, 3, 1, 12)
    assert second["ordered_at"] == datetime(2026, 3, 3)
    assert (total["decision"], total["reason"]) == ("rejected", "a row that sums up others")
    # Names of people and firms are keys as hashes alone.
    assert first["customer_id"].startswith("c_")
    profile = rows_of("source_profile", "select minimum, maximum, most_common from source_profile")
    assert profile
    assert "Иванов" not in str(profile)


def test_a_workbook(set_up: SetUp) -> None:
    set_up("06-workbook")
    lines = lines_of()
    assert [line["customer_id"] for line in lines] == ["000123", "447912000111"]
    assert [line["amount"] for line in lines] == [D("10.5"), D("21")]


def test_excel_in_europe(set_up: SetUp) -> None:
    found = set_up("07-excel-europe")
    assert found["settings"] == {
        "delimiter": ";",
        "decimal": ",",
        "timestamp_format": "%d.%m.%Y %H:%M",
    }
    lines = lines_of()
    assert [(line["amount"], line["ordered_at"]) for line in lines] == [
        (D("10.50"), datetime(2026, 3, 1, 10)),
        (D("2469.12"), datetime(2026, 3, 13, 11)),
    ]


def test_an_order_of_dates_that_the_file_shows_is_found(set_up: SetUp) -> None:
    assert set_up("09-date-order")["settings"]["date_order"] == "day first"
    assert {line["decision"] for line in lines_of()} == {"accepted"}


def test_an_order_of_dates_that_reads_fewer_than_the_other_is_refused(
    tmp_path: Path, monkeypatch, capsys
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "data/shop"
    folder.mkdir(parents=True)
    for path in (CASES / "09-date-order").iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    assert main(["check", "--dataset", "shop"]) == 1
    told = capsys.readouterr().out
    assert "reads 144 of 365 dates, and the other order of day and month 365" in told


VALUES = {
    # One person or two: which, nobody can say, so they stay two.
    "B001": ("000123", D("10")),
    "B002": ("123", D("10")),
    # A spreadsheet rounded the key: whose it was, nobody can say.
    "B003": (None, D("10")),
    "B004": (None, D("10")),
    # One phone or a number of the shop's own.
    "B005": ("447912000111", D("10")),
    "B009": ("C1", D("1234.56")),
    "B013": ("C1", D("1234.56")),
    "B014": ("C1", D("10")),
    "B025": ("C3", D("10")),
    "B026": ("C3", D("10")),
    "B027": ("C3", D("10")),
    "B028": ("C3", D(0)),
    "B029": ("C3", D(0)),
    "B033": ("C6", D(0)),
    "B036": ("C8", D("50")),
    "B037": ("C9", D("100")),
}
TIMES = {
    "B016": datetime(2026, 2, 1),
    "B017": datetime(2026, 2, 13, 10),
    "B018": datetime(2026, 2, 13, 10),
    "B019": datetime(2026, 3, 8),
    "B020": datetime(2026, 3, 1, 0, 30),
    "B021": datetime(2026, 3, 1, 0, 30),
    "B022": datetime(2026, 3, 8, 22, 5),
    "B023": datetime(2026, 3, 1),
    "B024": datetime(2026, 3, 9),
}


def test_values_as_people_write_them(set_up: SetUp) -> None:
    found = set_up("10-values")
    assert found["undecided"] == []
    assert found["settings"]["currency"] == "EUR"
    lines = lines_of()
    assert len(lines) == 47
    amounts, keys = sold(lines), {line["order_id"]: line["customer_id"] for line in lines}
    assert {order: (keys[order], amounts[order]) for order in VALUES} == VALUES
    assert {line["order_id"]: line["ordered_at"] for line in lines} | TIMES == {
        line["order_id"]: line["ordered_at"] for line in lines
    }
    by_order = {line["order_id"]: line for line in lines}
    # One e-mail is one person, however it is written.
    assert keys["B007"] == keys["B008"]
    damaged = "anonymous sale; customer_id was damaged by a spreadsheet"
    assert {by_order[order]["reason"] for order in ("B003", "B004")} == {damaged}
    # 000123 and 123, and the phone with a plus and without, are two customers each, and counted.
    assert rows_of("customer_keys_doubled", "from customer_keys_doubled") == [(4, 2)]
    for order in ("B010", "B011", "B012", "B035"):
        assert by_order[order]["decision"] == "rejected"
        assert "is not that of the dataset (EUR) and has no rate" in by_order[order]["reason"]
    assert [by_order[order]["unit_price"] for order in ("B010", "B011", "B012")] == [
        D("1234.56"),
        D("1234.56"),
        D("-12"),
    ]
    assert by_order["B015"]["reason"] == 'quantity "1 pcs" is not a number'
    # Shipping, tip and gift card are no goods; the discount is of the order.
    goods = [line for line in lines if line["order_id"] == "B030"]
    accepted = [line["amount"] for line in goods if line["decision"] == "accepted"]
    assert accepted == [D("50"), D("-10")]


@contextlib.contextmanager
def dataset(text: str, folder: Path):
    """Write a file of order lines."""
    path = folder / "lines.csv"
    path.write_text(text, encoding="utf-8")
    yield str(path)


def test_what_the_values_leave_open_is_said_and_stops_the_check(
    tmp_path: Path, monkeypatch, capsys
) -> None:
    monkeypatch.chdir(tmp_path)
    text = (
        "Order No,SKU,Order Date,Qty,Price,Status\n"
        'A1,P1,01/02/2026,1,"2,000",lost\nA2,P1,03/04/2026,1,"3,000",paid\n'
    )
    with dataset(text, tmp_path) as path:
        assert main(["init", "shop", path, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["undecided"] == ["decimal", "date_order", "lost"]
    assert main(["check", "--dataset", "shop"]) == 1
    assert "decimal is not decided" in capsys.readouterr().out
    written = Path("data/shop/dataset.yml")
    decided = (
        written.read_text(encoding="utf-8")
        .replace('decimal: "undecided"', 'decimal: "."\nthousands: ","')
        .replace('date_order: "undecided"', 'date_order: "day first"')
        .replace('"lost": undecided', '"lost": cancelled')
    )
    written.write_text(decided, encoding="utf-8")
    lines = lines_of()
    assert [(line["unit_price"], line["status"]) for line in lines] == [
        (D("2000"), "cancelled"),
        (D("3000"), "delivered"),
    ]
    assert lines[0]["ordered_at"] == datetime(2026, 2, 1)


def test_contacts_and_consents_of_a_shopify_export(set_up: SetUp) -> None:
    set_up("01-shopify")
    customers = rows_of(
        "customer_contacts",
        "select customer_id, email, phone from customer_contacts order by email",
    )
    assert [(email, phone) for _, email, phone in customers] == [
        ("lena@example.com", "+4915100000001"),
        ("max@example.com", "+4915100000002"),
        ("owner@shop.example", "+4915100000003"),
        ("zoe@example.com", "+4915100000004"),
    ]
    consents = rows_of(
        "stg_contract__consents",
        "select channel, purpose, status, event_at, customer_id from stg_contract__consents "
        "order by event_at",
    )
    assert len(consents) == 7
    assert {consent[:3] for consent in consents} == {("email", "marketing", "granted")}
    assert consents[0][3] == datetime(2026, 3, 1, 0, 30)
    assert len({consent[4] for consent in consents}) == len({key for key, *_ in customers})


def test_a_later_no_takes_a_yes_back(tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    text = (
        "order_id,customer_id,ordered_at,product_id,quantity,unit_price,accepts_marketing\n"
        "A1,C1,2026-01-01,P1,1,2,yes\nA2,C1,2026-02-01,P1,1,2,no\nA3,C2,2026-02-01,P1,1,2,\n"
    )
    with dataset(text, tmp_path) as path:
        assert main(["init", "shop", path]) == 0
    consents = rows_of(
        "stg_contract__consents",
        "select customer_id, status from stg_contract__consents order by event_at",
    )
    assert consents == [("C1", "granted"), ("C1", "withdrawn")]


def test_a_workbook_that_cannot_be_read_is_named(tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "data/shop"
    folder.mkdir(parents=True)
    workbook = (CASES / "06-workbook/order_lines.xlsx").read_bytes()
    (folder / "order_lines.xlsx").write_bytes(workbook[:1000])
    assert main(["check", "--dataset", "shop"]) == 1
    assert "order_lines.xlsx is not a readable workbook" in capsys.readouterr().out
    (folder / "order_lines.xlsx").write_bytes(workbook)
    (folder / "dataset.yml").write_text("sheet: May\n", encoding="utf-8")
    assert main(["check", "--dataset", "shop"]) == 1
    assert "has no sheet 'May'; it has " in capsys.readouterr().out


def test_consents_are_read_from_a_workbook(tmp_path: Path, monkeypatch) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "data/shop"
    folder.mkdir(parents=True)
    book = openpyxl.Workbook()
    for row in (("customer_id", "channel", "status"), (42, "email", "granted")):
        book.active.append(row)
    book.save(folder / "Consents.xlsx")
    (folder / "order_lines.csv").write_text(
        "order_id,customer_id,ordered_at,product_id,quantity,unit_price\nA1,42,2026-01-01,P1,1,2\n",
        encoding="utf-8",
    )
    consents = rows_of(
        "stg_contract__consents", "select customer_id, status from stg_contract__consents"
    )
    assert consents == [("42", "granted")]


def test_several_currencies_without_a_word_stop_the_run(
    tmp_path: Path, monkeypatch, capsys
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "data/shop"
    folder.mkdir(parents=True)
    lines = "order_id,ordered_at,product_id,quantity,unit_price,currency\n" + "".join(
        f"A{one},2026-01-01,P1,1,2,{'USD' if one % 2 else 'EUR'}\n" for one in range(10)
    )
    (folder / "order_lines.csv").write_text(lines, encoding="utf-8")
    assert main(["check", "--dataset", "shop"]) == 1
    told = capsys.readouterr().out
    assert "order lines are in several currencies" in told
    assert "none is that of four orders in five; set currency in dataset.yml" in told
    (folder / "dataset.yml").write_text("currency: EUR\n", encoding="utf-8")
    decided = [line["decision"] for line in lines_of()]
    assert (decided.count("accepted"), decided.count("rejected")) == (5, 5)


def test_a_file_that_is_gone_is_named(set_up: SetUp, tmp_path: Path, capsys) -> None:
    set_up("07-excel-europe", "--copy")
    assert [path.name for path in sorted((tmp_path / "data/shop").iterdir())] == [
        "dataset.yml",
        "order_lines_order_lines.csv",
    ]
    named = "files:\n  order_lines: [../gone.csv]\n"
    with (tmp_path / "data/shop/dataset.yml").open("a", encoding="utf-8") as file:
        file.write(named)
    assert main(["check", "--dataset", "shop"]) == 1
    assert "names the file ../gone.csv, which is not there" in capsys.readouterr().out


def test_two_platforms_are_not_one_dataset(tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    files = ["01-shopify/orders_export_1.csv", "02-woocommerce-lines/order_lines.csv"]
    assert main(["init", "shop", *(str(CASES / name) for name in files)]) == 1
    told = capsys.readouterr().out
    assert "is an export of WooCommerce, a row per line, and another file one of Shopify" in told
    assert not (tmp_path / "data").exists()


def test_a_report_with_titles_and_a_total_is_read_by_its_headings(set_up: SetUp, capsys) -> None:
    found = set_up("16-total-and-title")
    assert found["connector"] is None
    assert found["settings"]["total"] == "Итого"
    read_as = found["mapping"]["order_lines"]
    # Names are no keys where a contact is there.
    assert read_as["Покупатель"] == ["customer_name"]
    assert read_as["Email"] == ["customer_email", "customer_id"]
    first, second, total = lines_of()
    assert (first["order_id"], first["amount"], first["status"]) == ("1001", D(2501), "delivered")
    assert (second["amount"], second["status"]) == (D(2350), "cancelled")
    assert total["reason"] == "a row that sums up others"
    assert first["customer_id"].startswith("c_")
    file = CASES / "16-total-and-title/orders.csv"
    assert main(["init", "again", str(file)]) == 0
    shown = capsys.readouterr().out
    assert [word for word in ("Итого", "Иванов", "+7916", "ivan") if word in shown] == []


def test_a_total_before_the_discount_is_told_by_its_values(set_up: SetUp) -> None:
    read_as = set_up("17-two-totals")["mapping"]["order_lines"]
    assert read_as["Row Total"] == ["line_gross"]
    assert read_as["Grand Total"] == ["order_total"]
    # It differs within the order.
    assert read_as["Tax Amount"] == ["line_tax"]
    assert read_as["Customer Email"] == ["customer_email", "customer_id"]
    lines = lines_of()
    assert [(line["order_id"], line["amount"]) for line in lines] == [
        ("100000012", D(19)),
        ("100000012", D(5)),
        ("100000013", D(5)),
    ]
    assert lines[2]["ordered_at"] == datetime(2026, 3, 2, 22)
    assert rows_of("order_differences", "select * from order_differences") == []


def test_an_empty_key_of_a_product_is_filled_by_its_name(set_up: SetUp) -> None:
    found = set_up("18-no-customer-key")
    assert found["mapping"]["order_lines"]["Item Name"] == ["product_name", "product_id"]
    assert [(line["product_id"], line["customer_id"], line["amount"]) for line in lines_of()] == [
        ("MUG-B", "annbuyer", D(20)),
        ("Tea", "bobbuyer", D(4)),
    ]


def test_a_total_of_the_order_on_each_line_is_none_of_the_line(
    tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("sales.csv").write_text(
        "Order,Date,Customer,SKU,Qty,Price,Total\n"
        "1,2026-03-01,C1,A,1,10.00,25.00\n"
        "1,2026-03-01,C1,B,3,5.00,25.00\n"
        "2,2026-03-02,C2,A,2,10.00,40.00\n"
        "2,2026-03-02,C2,C,4,5.00,40.00\n",
        encoding="utf-8",
    )
    assert main(["init", "shop", "sales.csv"]) == 0
    assert sold(lines_of()) == {"1": D(25), "2": D(40)}


def test_a_column_that_changes_its_format_half_way_is_read(
    tmp_path: Path, monkeypatch, capsys
) -> None:
    monkeypatch.chdir(tmp_path)
    rows = [f"{number},2026-03-{number:02} 10:00,C1,A,1,10.50" for number in range(1, 6)]
    rows += [f'{number},{number:02}.03.2026 10:00,C1,A,1,"10,50"' for number in range(6, 11)]
    rows += [f"{number},03/{number:02}/2026 10:00,C1,A,1,10.50" for number in range(11, 15)]
    # What nobody can read is in the ledger, and the rest is not lost for it.
    rows += ["15,15. Lenzing 2026,C1,A,1,10.50"]
    text = "\n".join(["Order,Date,Customer ID,SKU,Qty,Price", *rows, ""])
    Path("sales.csv").write_text(text, encoding="utf-8")
    assert main(["init", "shop", "sales.csv", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["undecided"] == []
    lines = lines_of()
    assert [line["ordered_at"] for line in lines[:14]] == [
        datetime(2026, 3, day, 10) for day in range(1, 15)
    ]
    assert {line["amount"] for line in lines} == {D("10.5")}
    assert lines[14]["reason"] == 'ordered_at "15. Lenzing 2026" is not a date'


def test_a_heading_means_one_thing_in_orders_and_another_in_customers(
    tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("orders.csv").write_text(
        "Order,Date,Customer ID,SKU,Qty,Price,Email\n1,2026-03-01,C1,A,1,10.00,ann@example.com\n",
        encoding="utf-8",
    )
    Path("people.csv").write_text(
        "Customer ID,Email,First name\nC1,ann.new@example.com,Ann\n", encoding="utf-8"
    )
    assert main(["init", "shop", "orders.csv", "people.csv"]) == 0
    sql = "select customer_id, email, phone, first_name from customer_contacts"
    assert rows_of("customer_contacts", sql) == [("C1", "ann.new@example.com", None, "Ann")]


def test_customers_with_a_name_alone_are_hashed(tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    Path("sales.csv").write_text(
        "Order,Date,Customer,SKU,Qty,Price\n"
        "1,2026-03-01,Ann Probe,A,1,10.00\n2,2026-03-01,ANN  PROBE,A,1,10.00\n",
        encoding="utf-8",
    )
    assert main(["init", "shop", "sales.csv"]) == 0
    shown = capsys.readouterr().out
    assert "told by a name alone" in shown
    assert "Probe" not in shown
    keys = [line["customer_id"] for line in lines_of()]
    assert keys[0] == keys[1]
    assert keys[0].startswith("c_")


def test_a_file_is_what_its_name_says(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("orders.csv").write_text(
        "Order,Date,Customer ID,SKU,Qty,Price\n1,2026-03-01,C1,A,1,10.00\n", encoding="utf-8"
    )
    # An erasure and a suppression have the same columns.
    for name in ("erasures.csv", "supressions 2026.csv"):
        Path(name).write_text("customer_id,reason,event_at\nC1,asked,2026-03-03\n", "utf-8")
    Path("campaigns_2026.csv").write_text(
        "campaign_id,started_at\nK1,2026-03-03\n", encoding="utf-8"
    )
    paths = ["orders.csv", "erasures.csv", "supressions 2026.csv", "campaigns_2026.csv"]
    assert main(["init", "shop", *paths]) == 0
    files = read_yaml(Path("data/shop/dataset.yml"))["files"]
    assert {name: [Path(one).name for one in ones] for name, ones in files.items()} == {
        "order_lines": ["orders.csv"],
        "erasures": ["erasures.csv"],
        "suppressions": ["supressions 2026.csv"],
        "campaigns": ["campaigns_2026.csv"],
    }
    (line,) = lines_of()
    assert line["customer_id"] is None


def test_whom_permissions_name_by_an_address_is_known(set_up: SetUp, capsys) -> None:
    set_up("13-by-email")
    files = read_yaml(Path("data/shop/dataset.yml"))["files"]
    assert sorted(files) == ["consents", "customers", "erasures", "order_lines"]
    assert main(["check", "--dataset", "shop", "--json"]) == 0
    warnings = json.loads(capsys.readouterr().out)["warnings"]
    # 01003, which is not written as 1003; the e-mails are those of 1001 and 1002.
    assert any("1 of 4 customers in consents are in no order line" in one for one in warnings)
    assert not any("in erasures" in one for one in warnings)


def test_a_shared_phone_joins_no_keys(set_up: SetUp) -> None:
    set_up("14-shared-phone")
    assert len({line["customer_id"] for line in lines_of()}) == 12
    sql = "select count(distinct customer_id) from customer_keys"
    assert rows_of("customer_keys", sql) == [(12,)]


def test_one_guest_in_two_writings_is_one_person_with_two_orders(set_up: SetUp) -> None:
    set_up("01-shopify")
    assert rows_of(
        "fct_orders",
        "select count(*), min(ordered_at)::date::varchar from fct_orders where customer_id = ("
        "  select customer_id from fct_orders where order_id = '#1001')",
    ) == [(2, "2026-03-01")]


def test_a_platform_that_renamed_a_heading_is_named(tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    export = (CASES / "01-shopify/orders_export_1.csv").read_text(encoding="utf-8")
    Path("orders.csv").write_text(
        export.replace("Lineitem price", "Lineitem amount", 1), encoding="utf-8"
    )
    assert main(["init", "shop", "orders.csv", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["connector"] == "shopify"
    assert (
        "orders.csv is read as an export of Shopify, orders export, though it has no heading "
        "'Lineitem price'; if that was renamed, write the new heading and its column into the "
        "mapping of dataset.yml." in found["notes"]
    )
    assert found["missing"] == {"orders.csv": ["unit_price"]}
    assert main(["check", "--dataset", "shop"]) == 1
    with Path("data/shop/dataset.yml").open("a", encoding="utf-8") as file:
        file.write('mapping: {"Lineitem amount": unit_price}\n')
    assert sold(lines_of())["#1001"] == D("22.50")


def test_what_is_set_up_is_not_set_up_again(set_up: SetUp) -> None:
    set_up("07-excel-europe")
    assert "is there already" in set_up("07-excel-europe", code=1)["error"]


def test_what_is_no_table_is_named(tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    for name, content, sentence in (
        ("gone.csv", None, "gone.csv is not there"),
        ("empty.csv", b"", "empty.csv is empty."),
        ("picture.csv", bytes(range(256)) * 8, "picture.csv "),
        ("words.csv", "только слова\n".encode(), "holds no table"),
    ):
        if content is not None:
            (tmp_path / name).write_bytes(content)
        assert main(["init", "shop", name]) == 1, name
        assert sentence in capsys.readouterr().out, name
        assert not (tmp_path / "data").exists()


def test_plain_dbt_is_told_what_the_dataset_sets(set_up: SetUp, tmp_path: Path) -> None:
    told = set_up("07-excel-europe")
    # What keeps a list in the house is said, and never written by itself.
    assert any("set the var consents to not_recorded" in note for note in told["notes"])
    written = (tmp_path / "data/shop/dataset.yml").read_text(encoding="utf-8")
    assert "consents" not in re.sub("#.*", "", written)
    with (tmp_path / "data/shop/dataset.yml").open("a", encoding="utf-8") as file:
        file.write("vars: {consents: not_recorded, new_days: 30}\n")
    # The command passes them on by itself.
    given = prepare("shop", Path("data"), "{new_days: 20}")
    assert (given["consents"], given["new_days"]) == ("not_recorded", 20)

    def fault(**variables: object) -> str:
        named = {"dataset": "shop", "data_dir": "data", "adapter": "contract", **variables}
        with duckdb.connect() as connection:
            return open_models(connection, named).render("{{ check_inputs() or '' }}").strip()

    told = fault()
    assert "dataset.yml of shop sets consents, new_days, which dbt is told by the command" in told
    assert "run targeted-lists lists --dataset shop, or add --vars '" in told
    assert fault(consents="not_recorded", new_days=30) == ""


def test_every_connector_is_sound() -> None:
    contract = read_contract()
    for name, connector in read_connectors().items():
        if connector.adapter:
            inputs = layout_of(connector.adapter, contract).inputs
            assert set(connector.columns) <= set(inputs[connector.input]), name
            continue
        columns = contract[connector.input]
        assert set(connector.columns) <= set(columns), name
        needed = {column for column, kind in columns.items() if kind.endswith("required")}
        given = {*connector.columns}
        if {"line_total", "line_gross"} & given:
            given.add("unit_price")
        assert needed - given == set(), name
        assert not find_setting_fault(Settings(**connector.settings)), name


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("title: X\ntold_by: [A]\ninput: order_lines\n", "columns is missing"),
        ("title: X\ntold_by: A\ninput: order_lines\ncolumns: {order_id: A}\n", "not a list"),
        (
            "title: X\ntold_by: [A]\ninput: order_lines\ncolumns: {order_id: A}\nfiles: 1\n",
            "files is no part",
        ),
        (
            "title: X\ntold_by: [A]\ninput: order_lines\ncolumns: {order_id: A}\n"
            "order_fields: [status]\n",
            "status is an order field and no column",
        ),
    ],
)
def test_an_unsound_connector_is_named(text: str, sentence: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.yml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConnectorError, match=sentence):
        read_connector(path)


def test_amazon(tmp_path: Path, monkeypatch) -> None:
    """The headings are those that Amazon's documentation lists; the rows are invented."""
    monkeypatch.chdir(tmp_path)
    heading = (
        "amazon-order-id\tmerchant-order-id\tpurchase-date\torder-status\tsales-channel\t"
        "product-name\tsku\tasin\titem-status\tquantity\tcurrency\titem-price\t"
        "item-promotion-discount\tship-country\n"
    )
    rows = (
        "111-1\t\t2026-03-01T10:00:00+00:00\tShipped\tAmazon.de\tMug\tMUG\tB0\tShipped\t3\tEUR\t"
        "10.00\t1.00\tDE\n"
        "111-2\t\t2026-03-02T10:00:00+00:00\tCancelled\tAmazon.de\tTea\tTEA\tB1\tCancelled\t1\tEUR\t"
        "5.00\t\tDE\n"
    )
    path = tmp_path / "all_orders.txt"
    path.write_text(heading + rows, encoding="utf-8")
    assert main(["init", "shop", str(path)]) == 0
    first, second = lines_of()
    # The price is the line's, so three mugs at a third each are worth what was paid to the cent.
    assert (first["amount"], first["customer_id"]) == (D("9"), None)
    assert (second["amount"], second["status"]) == (D("5"), "cancelled")


@pytest.mark.parametrize(
    "names", [("InvoiceNo", "UnitPrice", "CustomerID"), ("Invoice", "Price", "Customer ID")]
)
def test_online_retail_of_both_years(
    names: tuple[str, ...], tmp_path: Path, monkeypatch, capsys
) -> None:
    monkeypatch.chdir(tmp_path)
    invoice, price, customer = names
    path = tmp_path / "retail.csv"
    path.write_text(
        f"{invoice},StockCode,Description,Quantity,InvoiceDate,{price},{customer},Country\n"
        "536365,85123A,HOLDER,6,12/1/2010 8:26,2.55,17850,United Kingdom\n"
        "C536379,85123A,HOLDER,-1,12/1/2010 9:41,2.55,17850,United Kingdom\n"
        "536370,POST,POSTAGE,3,12/1/2010 8:45,18,12583,France\n",
        encoding="latin-1",
    )
    assert main(["init", "shop", str(path)]) == 0
    assert "connector: online_retail" in Path("data/shop/dataset.yml").read_text(encoding="utf-8")
    assert main(["check", "--dataset", "shop"]) == 0
    sale, back, postage = lines_of()
    assert (sale["amount"], sale["ordered_at"]) == (D("15.30"), datetime(2010, 12, 1, 8, 26))
    assert back["reason"] == "return"
    assert postage["decision"] == "accepted_not_modelled"
    # By hand dbt is told the adapter and all vars, or says so in one sentence.
    with Path("data/shop/dataset.yml").open("a", encoding="utf-8") as file:
        file.write("vars: {consents: not_recorded}\n")
    with duckdb.connect() as connection:
        models = open_models(connection, {"dataset": "shop", "data_dir": "data"})
        told = models.render("{{ check_inputs() }}").strip()
    assert "dataset.yml of shop sets adapter, consents, which dbt is told" in told
    assert '{"adapter": "online_retail", "consents": "not_recorded"}' in told


def test_the_order_export_is_known(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    file = render_order_export(generate_sample(customers=500), tmp_path / "export")
    assert main(["init", "shop", str(file)]) == 0
    lines = lines_of()
    assert len(lines) > 5_000
    assert sum(line["decision"] == "accepted" for line in lines) > 0.9 * len(lines)
