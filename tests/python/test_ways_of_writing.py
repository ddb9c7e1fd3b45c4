"""Files of one dataset that are written in different ways: each is read as it is written."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
import yaml

from targeted_lists.__main__ import main
from targeted_lists.check.command import open_models
from targeted_lists.cli.request import prepare
from targeted_lists.common.project import read_contract
from targeted_lists.inputs.raw_files import describe_inputs_json
from targeted_lists.setup.values import find_shared_date_order, find_shared_marks

HEADINGS = ["Order No", "Client", "Order Date", "Article", "Qty", "Price"]
D = Decimal


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the dataset `shop`, in the current folder."""
    monkeypatch.chdir(tmp_path)
    return Path("data/shop")


def write(name: str, *rows: tuple, delimiter: str = ",", encoding: str = "utf-8") -> str:
    lines = [delimiter.join(map(str, row)) for row in (HEADINGS, *rows)]
    Path(name).write_bytes("\n".join([*lines, ""]).encode(encoding))
    return name


def row(order: str, name: str = "Чай", price: str = "2.50", date: str = "2026-01-31") -> tuple:
    return (order, "C1", date, name, 1, price)


def book(*sheets: list, name: str = "book.xlsx") -> str:
    openpyxl = pytest.importorskip("openpyxl")
    made = openpyxl.Workbook()
    made.remove(made.active)
    for number, rows in enumerate(sheets, start=1):
        sheet = made.create_sheet(f"Sheet{number}")
        for one in rows:
            sheet.append(one)
    kept = io.BytesIO()
    made.save(kept)
    Path(name).write_bytes(kept.getvalue())
    return name


def init(capsys: pytest.CaptureFixture[str], *names: str, code: int = 0) -> dict:
    assert main(["init", "shop", *names, "--json"]) == code
    return json.loads(capsys.readouterr().out)


def lines_of(columns: str = "order_id, product_id, unit_price, decision, reason") -> list[tuple]:
    given = prepare("shop", Path("data"), "{}")
    with duckdb.connect() as connection:
        models = open_models(connection, {**given, "adapter": "contract"})
        models.build("int_order_lines_validated")
        return connection.execute(
            f"select {columns} from int_order_lines_validated order by order_line_id"
        ).fetchall()


def fault() -> str | None:
    described = describe_inputs_json(json.dumps(read_contract()), "data", "shop", "contract")
    return json.loads(described)["error"]


def test_init_names_what_each_file_has_of_its_own(folder: Path, capsys) -> None:
    names = [
        write("a.csv", row("A1")),
        write("b.csv", row("A2"), delimiter=";", encoding="cp1251"),
        write("c.csv", row("A3")),
        book([["Sales of May"], [], HEADINGS, row("A4", date="2026-02-01")], name="d.xlsx"),
    ]
    Path("c.csv").write_text("Sales\n\n" + Path("c.csv").read_text(encoding="utf-8"), "utf-8")
    found = init(capsys, *names)
    assert found["settings"]["delimiter"] == ","
    written = yaml.safe_load((folder / "dataset.yml").read_text(encoding="utf-8"))
    assert written["files"]["order_lines"] == [
        "../../a.csv",
        {"path": "../../b.csv", "delimiter": ";", "encoding": "cp1251"},
        {"path": "../../c.csv", "skip_lines": "2"},
        {"path": "../../d.xlsx", "skip_lines": "2"},
    ]
    assert any(
        note.startswith("b.csv is written otherwise than the other files (delimiter ';'")
        for note in found["notes"]
    )
    assert lines_of("order_id, product_id, decision") == [
        (f"A{number}", "Чай", "accepted") for number in (1, 2, 3, 4)
    ]
    assert main(["check", "--dataset", "shop"]) == 0


def test_a_file_in_the_folder_may_have_settings_too(folder: Path) -> None:
    folder.mkdir(parents=True)
    header = "order_id;customer_id;ordered_at;product_id;quantity;unit_price\n"
    (folder / "order_lines_1.csv").write_text(header.replace(";", ",") + "A1,C1,2026-01-01,P1,1,2")
    (folder / "order_lines_2.csv").write_text(header + "A2;C1;2026-01-01;P1;1;2")
    (folder / "dataset.yml").write_text(
        "files:\n  order_lines:\n    - {path: order_lines_2.csv, delimiter: ';'}\n"
    )
    assert lines_of("order_id, decision") == [("A1", "accepted"), ("A2", "accepted")]


@pytest.mark.parametrize("options", [[], ["--copy"]])
def test_what_is_copied_keeps_its_own_settings(folder: Path, options: list[str]) -> None:
    names = [write("a.csv", row("A1")), write("b.csv", row("A2"), delimiter=";")]
    assert main(["init", "shop", *names, *options]) == 0
    assert [order for (order,) in lines_of("order_id")] == ["A1", "A2"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "files: {order_lines: [{path: a.csv, decimal: ','}]}",
            "data/shop/dataset.yml: a file of order_lines has the setting decimal, which is of "
            "the whole dataset; a file may have delimiter, encoding, skip_lines, sheet of its "
            "own.",
        ),
        (
            "files: {order_lines: [{delimiter: ','}]}",
            "data/shop/dataset.yml: a file of order_lines has no path; write path: orders.csv.",
        ),
        (
            "files: {order_lines: [{path: a.csv, encoding: klingon}]}",
            "data/shop/dataset.yml: the encoding 'klingon' is unknown; utf-8, cp1251 and utf-16 "
            "are some, for a.csv.",
        ),
    ],
)
def test_settings_that_a_file_cannot_have_are_named(
    folder: Path, text: str, sentence: str
) -> None:
    folder.mkdir(parents=True)
    (folder / "dataset.yml").write_text(text)
    assert fault() == sentence


def test_two_headings_of_two_files_may_be_one_column(capsys) -> None:
    write("a.csv", row("A1"))
    write("b.csv", row("A2"))
    Path("b.csv").write_text(Path("b.csv").read_text("utf-8").replace("Article", "SKU"), "utf-8")
    init(capsys, "a.csv", "b.csv")
    assert lines_of("order_id, product_id") == [("A1", "Чай"), ("A2", "Чай")]


def test_two_headings_of_one_file_are_named(folder: Path) -> None:
    folder.mkdir(parents=True)
    write("data/shop/order_lines.csv", row("A1"))
    (folder / "dataset.yml").write_text(
        "mapping: {Order No: order_id, Client: customer_id, Order Date: ordered_at, "
        "Article: product_id, Qty: product_id, Price: unit_price}"
    )
    assert fault() == (
        "order_lines.csv has two headings that are read as product_id, Article and Qty; leave one "
        "of them out of the mapping in dataset.yml."
    )


def test_either_decimal_mark_is_read(capsys) -> None:
    a = write("a.csv", row("A1", price="10.50"), row("A2", price="1234.5"))
    b = write("b.csv", row("A3", price="10,75"), row("A4", price="1.234,56"), delimiter=";")
    found = init(capsys, a, b)
    assert (
        "b.csv has decimal commas and a.csv decimal points: numbers with either are read."
        in (found["notes"])
    )
    assert lines_of("unit_price") == [(D("10.5"),), (D("1234.5"),), (D("10.75"),), (D("1234.56"),)]


MARKS = {
    "either": ({"a": ["10.50"], "b": ["10,50"]}, {}),
    "a thousand of the file with points": (
        {"a": ["10.50", "2,000"], "b": ["10,50"]},
        {"thousands": ","},
    ),
    "a thousand of the file with commas": (
        {"a": ["10.50"], "b": ["10,50", "2.000"]},
        {"decimal": ",", "thousands": "."},
    ),
    "three decimals": ({"a": ["10.50"], "b": ["10,50", "0,125"]}, {"decimal": ","}),
    "what a third file leaves open": ({"a": ["10.50"], "b": ["10,50"], "c": ["2,000"]}, {}),
    "one mark": ({"a": ["10,50"], "b": ["2.000"]}, {"decimal": ",", "thousands": "."}),
}


@pytest.mark.parametrize(("files", "settings"), MARKS.values(), ids=MARKS)
def test_no_number_is_read_wrong_by_the_mark_of_another_file(
    files: dict[str, list[str]], settings: dict[str, str]
) -> None:
    assert find_shared_marks(files).settings == settings


def test_what_would_be_read_wrong_by_either_mark_is_rejected_to_the_ledger(capsys) -> None:
    names = [
        write("a.csv", row("A1", price="10.50")),
        write("b.csv", row("A2", price="10,50"), delimiter=";"),
        write("c.csv", row("A3", price="2,000"), delimiter=";"),
    ]
    found = init(capsys, *names)
    assert any("but for those such as 2,000, which may be two" in one for one in found["notes"])
    assert [decision for (decision,) in lines_of("decision")] == [
        "accepted",
        "accepted",
        "rejected",
    ]


def test_numbers_that_contradict_each_other_are_refused(folder: Path, capsys) -> None:
    a = write("a.csv", row("A1", price='"10.50"'), row("A2", price='"2,125"'))
    b = write("b.csv", row("A3", price="10,50"), row("A4", price="2.125"), delimiter=";")
    assert main(["init", "shop", a, b]) == 1
    told = " ".join(capsys.readouterr().out.split())
    assert (
        "b.csv has decimal commas and a.csv decimal points, and in each are numbers such as 2,000 "
        "that would be read wrong by the mark of the other; export them alike, or set up a "
        "dataset for each."
    ) in told
    assert not folder.exists()


def test_files_that_put_the_day_and_the_month_first_are_refused(folder: Path, capsys) -> None:
    a = write("a.csv", row("A1", date="13/02/2026"))
    b = write("b.csv", row("A2", date="02/13/2026"))
    assert main(["init", "shop", a, b]) == 1
    told = " ".join(capsys.readouterr().out.split())
    assert (
        "a.csv puts the day first and b.csv the month, and of a date such as 01/02/2026 nobody "
        "can tell; export them alike, or set up a dataset for each."
    ) in told
    assert not folder.exists()


def test_a_file_that_does_not_show_the_order_is_written_as_the_others() -> None:
    assert find_shared_date_order({"a": ["13/02/2026"], "b": ["01/02/2026"]}) == "day first"
    assert find_shared_date_order({"a": ["13/02/2026", "02/13/2026"], "b": ["13/02/2026"]}) == (
        "undecided"
    )
    assert find_shared_date_order({"a": ["01/02/2026"]}) == "undecided"
    assert find_shared_date_order({"a": ["2026-01-02"]}) is None


def test_of_two_code_pages_in_one_file_the_rest_is_in_the_ledger(capsys) -> None:
    write("a.csv", row("A1"), row("A2"), row("A5", name="Mug"))
    other = ",".join(map(str, row("A3"))) + "\n" + ",".join(map(str, row("A4"))) + "\n"
    with Path("a.csv").open("ab") as file:
        file.write(other.encode("cp1251"))
    found = init(capsys, "a.csv")
    assert (
        "a.csv is text in UTF-8 but for 2 lines, which are rejected to the ledger: export them "
        "again in the same code page as the rest."
    ) in found["notes"]
    decided = lines_of("order_id, decision, reason")
    assert [(order, decision) for order, decision, _ in decided] == [
        ("A1", "accepted"),
        ("A2", "accepted"),
        ("A5", "accepted"),
        ("A3", "rejected"),
        ("A4", "rejected"),
    ]
    assert {reason for _, decision, reason in decided if decision == "rejected"} == {
        "bytes that are not text in the encoding of the file"
    }


def test_of_tables_one_below_the_other_the_rest_is_in_the_ledger(capsys) -> None:
    book(
        [
            HEADINGS,
            row("A1"),
            row("A2"),
            [],
            ["Total", None, None, None, 2, 5],
            [],
            ["Client", "City"],
            ["C1", "Leeds"],
            HEADINGS,
            row("A3"),
        ]
    )
    init(capsys, "book.xlsx")
    decided = [(order, decision, reason) for order, _, _, decision, reason in lines_of()]
    assert [order for order, decision, _ in decided if decision == "accepted"] == [
        *("A1", "A2", "A3")
    ]
    rejected = {order: reason for order, decision, reason in decided if decision == "rejected"}
    assert rejected["Order No"].startswith("the header again")
    assert {"Total", "Client", "C1"} <= rejected.keys()
    # Each row of the sheet, and an empty one as well.
    assert len(decided) == 9


def test_of_two_sheets_the_one_that_is_read_is_named(capsys) -> None:
    book([["a", "b"], [1, 2]], [HEADINGS, row("A1")])
    found = init(capsys, "book.xlsx")
    assert found["settings"]["sheet"] == "Sheet2"
    assert "Of book.xlsx the sheet 'Sheet2' is read, and not 'Sheet1'." in found["notes"]
    assert [order for (order,) in lines_of("order_id")] == ["A1"]


def test_formulas_are_the_values_that_were_saved(capsys) -> None:
    book([HEADINGS, [*row("A1")[:5], 2.5]])
    # What a spreadsheet saves of a formula, with the value that it saw.
    with zipfile.ZipFile("book.xlsx") as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet = parts["xl/worksheets/sheet1.xml"]
    assert b"<v>2.5</v>" in sheet
    parts["xl/worksheets/sheet1.xml"] = sheet.replace(b"<v>2.5</v>", b"<f>5/2</f><v>2.5</v>")
    with zipfile.ZipFile("book.xlsx", "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    init(capsys, "book.xlsx")
    assert lines_of("unit_price") == [(D("2.5"),)]


def test_a_formula_without_a_value_is_in_the_ledger(capsys) -> None:
    book([HEADINGS, row("A1"), [*row("A2")[:5], "=5/2"]])
    init(capsys, "book.xlsx")
    decided = lines_of("order_id, decision, reason")
    assert decided[1][:2] == ("A2", "rejected")


def test_merged_cells_have_their_value_once(capsys) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    made = openpyxl.Workbook()
    for one in (HEADINGS, row("A1"), row("A2")):
        made.active.append(one)
    made.active.merge_cells("A2:A3")
    made.save("book.xlsx")
    init(capsys, "book.xlsx")
    decided = lines_of("order_id, decision, reason")
    assert decided[0][:2] == ("A1", "accepted")
    assert decided[1] == (None, "rejected", "no order_id")


def test_a_time_in_a_workbook_is_read(capsys) -> None:
    book([HEADINGS, ["A1", "C1", datetime(2026, 1, 31, 10, 30), "P1", 1, 2]])
    init(capsys, "book.xlsx")
    assert lines_of("ordered_at") == [(datetime(2026, 1, 31, 10, 30),)]


def test_how_far_reading_a_large_workbook_has_come_is_shown(monkeypatch, capsys) -> None:
    book([HEADINGS, *(row(f"A{number}") for number in range(50))])
    monkeypatch.setattr("targeted_lists.common.console.LONG_READ", 0)
    monkeypatch.setattr("targeted_lists.common.console.EVERY", 10)
    assert main(["init", "shop", "book.xlsx"]) == 0
    assert "Reading" not in capsys.readouterr().err
    # As on a terminal.
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    assert len(lines_of()) == 50
    assert "Reading book.xlsx" in capsys.readouterr().err
