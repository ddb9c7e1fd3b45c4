"""Rows that are not one order line each: SQL and `init` make the same of them."""

from __future__ import annotations

import csv
from pathlib import Path

import duckdb
import pytest
from conftest import REPO_ROOT

from targeted_lists.check.command import open_models
from targeted_lists.cli.request import prepare
from targeted_lists.inputs.readable import Settings
from targeted_lists.inputs.reshaping import NAMED_BY, reshape_rows

CASES = REPO_ROOT / "tests/data/cases"
READ = """
    {%- set file = describe_inputs()['files'][0] %}
    select * from ({{ read_file(file, file['settings']) }})
"""
HEADER = "order_id,order_date,billing_email,order_total,line_items"
CELLS = {
    "one line": "name:Mug|sku:M1|quantity:2|total:10",
    "two lines": "name:Mug|sku:M1|quantity:2|total:10;name:Tea|sku:T1|quantity:1|total:5",
    "fields in another order": "sku:M1|total:10|name:Mug|quantity:2",
    "fields that are missing": "name:Mug|total:10;sku:T1|quantity:1",
    "fields of its own": "name:Mug|meta:red|sku:M1|quantity:2|total:10|tax:1",
    "marks within a name": "name:Mug; blue | large|sku:M1|quantity:2|total:10",
    "a colon within a name": "name:Mug: blue; 12:30 edition|sku:M1|quantity:2|total:10",
    "a field twice": "name:Mug|name:Tea|sku:M1|quantity:1|total:1",
    "letters of other alphabets": "name:Чашка|имя:Чай|sku:Ч1|quantity:2|total:10",
    "blanks around": "  name: Mug |sku:M1|quantity:2|total:10  ",
    "a mark at the end": "name:Mug|sku:M1|quantity:2|total:10;",
    "nothing": "",
    "a text": "two mugs",
    "a text with a line in it": "two mugs;name:Mug|sku:M1|quantity:2|total:10",
}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the dataset `shop`, in the current folder."""
    monkeypatch.chdir(tmp_path)
    folder = Path("data/shop")
    folder.mkdir(parents=True)
    return folder


def set_up(folder: Path, text: str, connector: str) -> None:
    (folder / "order_lines.csv").write_text(text, encoding="utf-8")
    (folder / "dataset.yml").write_text(f"connector: {connector}\n", encoding="utf-8")


def read(threads: int = 2) -> list[dict[str, str]]:
    """Return the rows of the first file as SQL reads them, by heading."""
    given = prepare("shop", Path("data"), "{}")
    with duckdb.connect() as connection:
        models = open_models(connection, {**given, "adapter": "contract"})
        connection.execute(f"set threads = {threads}")
        found = models.connection.execute(models.render(READ))
        names = [one[0] for one in found.description]
        rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
        file = models.macros["describe_inputs"]()["files"][0]
    return [
        {
            **{heading: row[f"c{place}"] for place, heading in enumerate(file["columns"])},
            "overflow": row["overflow"],
        }
        for row in sorted(rows, key=lambda row: row["source_row"])
    ]


def packed(*cells: str) -> str:
    rows = [f'A{one},2026-01-01,a@x.org,10,"{cell}"' for one, cell in enumerate(cells, start=1)]
    return "\n".join([HEADER, *rows, ""])


def expect(text: str, settings: Settings) -> list[dict[str, str]]:
    """Return the rows as `init` looks at them."""
    header, *rows = reshape_rows(list(csv.reader(text.splitlines())), settings)
    return [dict(zip(header, map(str.strip, row), strict=True)) for row in rows]


@pytest.mark.parametrize("cell", CELLS.values(), ids=CELLS)
def test_a_packed_cell_is_a_row_per_line(folder: Path, cell: str) -> None:
    text = packed(CELLS["one line"], cell)
    set_up(folder, text, "woocommerce_packed")
    expected = expect(text, Settings(packed="line_items"))
    found = read()
    assert len(found) == len(expected)
    for row, right in zip(found, expected, strict=True):
        named = {name: value for name, value in right.items() if name != "line_items"}
        assert {name: row[name].strip() for name in named} == named
        # Nothing is lost that is in no field.
        is_unpacked = right["line_items"].startswith(("name:", "sku:"))
        assert row["line_items"] == ("" if is_unpacked else right["line_items"])


def test_rows_that_are_ragged_stay_so(folder: Path) -> None:
    text = packed(CELLS["two lines"]) + "A2,2026-01-01\n" + "A3,2026-01-01,a@x.org,10,name:Mug,6\n"
    set_up(folder, text, "woocommerce_packed")
    assert [(row["order_id"], row["packed total"], row["overflow"]) for row in read()] == [
        ("A1", "10", None),
        ("A1", "5", None),
        ("A2", None, None),
        ("A3", None, "6"),
    ]


@pytest.mark.parametrize("threads", [1, 2, 8])
def test_lines_are_numbered_in_the_order_of_the_file(folder: Path, threads: int) -> None:
    cells = [
        ";".join(f"name:P{one}_{line}|sku:S|quantity:1|total:1" for line in range(one % 7 + 1))
        for one in range(20_000)
    ]
    set_up(folder, packed(*cells), "woocommerce_packed")
    names = [row["packed name"] for row in read(threads)]
    assert names == [f"P{one}_{line}" for one in range(20_000) for line in range(one % 7 + 1)]


def test_a_field_that_is_read_is_found_wherever_it_comes_up(folder: Path) -> None:
    late = "name:Tea|quantity:1|total:5|sku:T1|colour:red"
    set_up(folder, packed(*["name:Mug|quantity:1|total:5"] * NAMED_BY, late), "woocommerce_packed")
    last = read()[-1]
    assert last["packed sku"] == "T1"
    # What nothing reads has no column, where none of the first cells has it.
    assert "packed colour" not in last


DOCUMENTS = {
    "Реализация 000123 от 01.03.2026 12:00:00": ("000123", "01.03.2026 12:00:00"),
    "Поступление Ж-7 от 1.3.26": ("Ж-7", "1.3.26"),
    "Sale 42 of 2026-03-01": ("42", "2026-03-01"),
    "Возврат": ("", ""),
    "": ("", ""),
}


@pytest.mark.parametrize(("text", "parts"), DOCUMENTS.items(), ids=DOCUMENTS)
def test_a_document_is_its_number_and_its_time(
    folder: Path, text: str, parts: tuple[str, str]
) -> None:
    rows = (
        "Контрагент,Документ,Номенклатура,Количество,Сумма\n"
        f"Иванов,{text},Чай,1,10\n Итого по складу,,,1,10\nЮлия\n"
    )
    set_up(folder, rows, "report_1c")
    found = read()
    assert (found[0]["document number"], found[0]["document time"]) == parts
    assert (
        expect(rows, Settings(document="Документ", total="Итого"))[0]["document number"]
        == (parts[0])
    )
    assert len(found) == 3
    assert found[2]["document number"] is None
