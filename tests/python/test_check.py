"""`check` says what a folder holds and whether a run can go, and leaves nothing behind."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from conftest import PROJECT_FILES, Project, copy_project

from targeted_lists.__main__ import main

HEADER = "order_id,customer_id,ordered_at,product_id,quantity,unit_price,colour"
LINES = (
    f"{HEADER}\n"
    "O1,C1,2025-01-31,P1,1,2.00,red\n"
    "O2,ann@example.com,2025-03-01 10:00,P1,many,2.00,red\n"
    "O3,C1,2025-02-01,P1,1,2.00,red,blue\n"
)
PRODUCTS = "product_id,unit_cost\nP1,dear\n"
CUSTOMERS = (
    "customer_id,birth_year,email,phone\n"
    "C1,1980,ann@example.com,+44 20 7946 0958\n"
    "C2,+44 20 7946 0958,ann@example.com,\n"
)


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A copy of the project in which nothing was ever run."""
    return copy_project(
        tmp_path_factory.mktemp("check"), [name for name in PROJECT_FILES if name != "data/sample"]
    )


@pytest.fixture
def check(checked: Project, capsys) -> Callable[[dict[str, str]], tuple[int, list[str]]]:
    """Return a function that checks a dataset of some files: exit code and printed lines."""

    def run(files: dict[str, str], dataset: str = "shop") -> tuple[int, list[str]]:
        folder = checked.folder / "data" / "shop"
        folder.mkdir(parents=True, exist_ok=True)
        for path in folder.iterdir():
            path.unlink()
        for name, text in files.items():
            (folder / name).write_text(text, encoding="utf-8")
        with contextlib.chdir(checked.folder):
            code = main(["check", "--dataset", dataset])
        return code, capsys.readouterr().out.splitlines()

    return run


def cells(lines: list[str]) -> list[list[str]]:
    """Return the cells of the printed tables."""
    return [
        [cell.strip() for cell in re.split("[│┃]", line)[1:-1]]
        for line in lines
        if line.startswith(("│", "┃"))
    ]


def left_behind(folder: Path) -> list[Path]:
    return [
        path
        for name in ("warehouse", "published", "target")
        for path in (folder / name).rglob("*")
    ]


def test_a_folder_that_can_be_read_is_shown_as_a_run_would_see_it(check, checked):
    code, lines = check(
        {
            "order_lines.csv": LINES,
            "customers.csv": CUSTOMERS,
            "products.csv": PRODUCTS,
            "contacts.csv": "customer_id\n",
        }
    )
    assert code == 0
    table = cells(lines)
    # No cell is cut; a reason is shown without the value that it quotes.
    assert "…" not in "".join(lines).replace('"…"', "")
    assert table[0] == ["input", "files", "rows", "faulty", "columns", "dates"]
    assert ["order_lines", "1", "3", "2", "6 of 22", "2025-01-31 to 2025-03-01"] in table
    assert ["customers", "1", "2", "1", "4 of 17", ""] in table
    assert ["order_lines.csv", "2", 'quantity "many" is not a number'] in table
    assert ["order_lines.csv", "3", "more fields than the header"] in table
    assert ["customers.csv", "2", "birth_year (a contact) is not a whole number"] in table
    text = "\n".join(lines)
    assert "order_lines lacks line_number, delivered_at, status," in text
    assert "order_lines also has colour: ignored." in text
    assert (
        "No row of products can be read; if its dates or numbers are written otherwise, say how "
        "in dataset.yml next to it."
    ) in lines
    empty = "refunds, exchange_rates, customer_links, consents, suppressions, erasures,"
    assert f"Not there, so empty: {empty}" in text
    assert "contacts.csv is no file of an input; it is ignored." in text
    assert lines[-1] == "Ready, but see the 2 sentences above: targeted-lists lists --dataset shop"
    assert "ann@" not in text
    assert "7946" not in text
    assert left_behind(checked.folder) == []


def test_a_folder_that_cannot_be_read_is_refused(check, checked):
    code, lines = check({"order_lines.csv": LINES.replace("unit_price", "price")})
    assert code == 1
    assert lines == [
        "order_lines.csv has no column unit_price in its first line; rename or add it (the file "
        "has order_id, customer_id, ordered_at, product_id, quantity, price, colour).",
        "Not ready; when that is done: targeted-lists check --dataset shop",
    ]
    assert left_behind(checked.folder) == []


EQUAL = "O1,C1,2025-01-31,P1,1,2.00,red\n" * 3 + "O2,C1,2025-01-31,P1,1,2.00,red\n"


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        (
            "",
            "2 order lines without a line number are equal in every column to an earlier one of "
            "their file and are kept, each as a sale of its own; with equal_lines: merge in "
            "dataset.yml they are merged.",
        ),
        (
            "equal_lines: merge\n",
            "2 order lines without a line number are equal in every column to an earlier one of "
            "their file and are merged with it; with equal_lines: keep in dataset.yml they are "
            "kept.",
        ),
    ],
)
def test_equal_lines_are_counted_and_it_is_said_what_becomes_of_them(check, setting, sentence):
    code, lines = check({"order_lines.csv": f"{HEADER}\n{EQUAL}", "dataset.yml": setting})
    assert code == 0
    assert sentence in lines


def test_a_setting_of_equal_lines_that_is_none_is_refused(check):
    code, lines = check({"order_lines.csv": f"{HEADER}\n{EQUAL}", "dataset.yml": "equal_lines: x"})
    assert code == 1
    assert "equal_lines is 'x', neither keep nor merge." in lines[0]


def test_a_misspelt_dataset_is_refused(check, checked):
    code, lines = check({"order_lines.csv": LINES}, dataset="shpo")
    assert code == 1
    assert lines == [
        "There is no folder data/shpo; did you mean shop?",
        "Not ready; when that is done: targeted-lists check --dataset shpo",
    ]
    assert left_behind(checked.folder) == []


def test_a_model_that_cannot_be_built_is_said_in_a_sentence(check, checked, monkeypatch):
    def fail(_models: object) -> None:
        raise duckdb.InvalidInputException("Invalid Input Error: no row can be read\nLINE 1")

    monkeypatch.setattr("targeted_lists.check.command.make_forecast", fail)
    code, lines = check({"order_lines.csv": LINES})
    assert code == 1
    assert lines == [
        "no row can be read",
        "Not ready; when that is done: targeted-lists check --dataset shop",
    ]
    assert left_behind(checked.folder) == []
