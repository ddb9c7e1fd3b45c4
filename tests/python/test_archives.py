"""Archives and what is packed: every table in them is read, or one sentence says why not."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest

from targeted_lists.__main__ import main
from targeted_lists.check.command import open_models
from targeted_lists.cli.request import prepare
from targeted_lists.common.project import read_contract
from targeted_lists.inputs.copies import READABLE_FOLDER, remove_outdated
from targeted_lists.inputs.raw_files import describe_inputs_json

HEADER = "order_id,customer_id,ordered_at,product_id,quantity,unit_price\n"
FILES = "select distinct source_file from int_order_lines_validated order by 1"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the dataset `shop`, in the current folder."""
    monkeypatch.chdir(tmp_path)
    folder = Path("data/shop")
    folder.mkdir(parents=True)
    return folder


def line(order: str, name: str = "Mug") -> str:
    return f"{order},C1,2026-01-01,{name},1,1.00\n"


def text_of(*orders: str) -> str:
    return HEADER + "".join(map(line, orders))


def pack(path: Path, tables: dict[str, bytes | str]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in tables.items():
            archive.writestr(name, content)


def rows(sql: str, table: str = "int_order_lines_validated") -> list[tuple]:
    given = prepare("shop", Path("data"), "{}")
    with duckdb.connect() as connection:
        open_models(connection, {**given, "adapter": "contract"}).build(table)
        return connection.execute(sql).fetchall()


def orders() -> list[str]:
    sql = "select order_id from int_order_lines_validated where decision = 'accepted'"
    return sorted(order for (order,) in rows(sql))


def fault() -> str | None:
    described = describe_inputs_json(json.dumps(read_contract()), "data", "shop", "contract")
    return json.loads(described)["error"]


def workbook(*rows: tuple) -> bytes:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    kept = io.BytesIO()
    book.save(kept)
    return kept.getvalue()


@pytest.mark.parametrize("name", ["order_lines.zip", "Order_Lines_2026.ZIP", "order_lines/a.zip"])
def test_every_table_of_an_archive_is_read(folder: Path, name: str) -> None:
    (folder / name).parent.mkdir(exist_ok=True)
    pack(
        folder / name,
        {
            "2025/": "",
            "2025/Jan.csv": text_of("A1"),
            "Feb.CSV": text_of("A2").encode("cp1251"),
            "mar.csv.gz": gzip.compress(text_of("A3").encode()),
            "apr.xlsx": workbook(HEADER.strip().split(","), line("A4").strip().split(",")),
            "__MACOSX/2025/._Jan.csv": "no table",
            "readme.txt": "nothing to read",
        },
    )
    assert orders() == ["A1", "A2", "A3", "A4"]
    assert rows(FILES) == [
        (f"{name}/{table}",) for table in ("2025/Jan.csv", "Feb.CSV", "apr.xlsx", "mar.csv.gz")
    ]


def test_of_an_archive_that_has_texts_alone_these_are_read(folder: Path) -> None:
    pack(folder / "order_lines.zip", {"export.txt": text_of("A1")})
    assert orders() == ["A1"]


def test_tables_are_in_the_order_of_their_numbers(folder: Path) -> None:
    tables = {f"part_{one}.csv": HEADER + line("A1", f"P{one}") for one in (10, 9, 2)}
    pack(folder / "order_lines.zip", tables)
    sql = "select product_id from int_order_lines_validated where decision = 'accepted'"
    assert rows(sql) == [("P10",)]


def test_a_table_is_unpacked_once_and_removed_with_its_archive(folder: Path) -> None:
    archive = folder / "order_lines.zip"
    tables = {"a.csv": text_of("A1"), "b.csv": "\n".join(["имя", "\u0451"]).encode("cp1251")}
    pack(archive, {**tables, "b.csv": text_of("A2").replace("Mug", "дыня").encode("cp1251")})
    (folder / "dataset.yml").write_text("encoding: cp1251")
    assert fault() is None
    unpacked = {path.name: path.stat().st_mtime_ns for path in READABLE_FOLDER.iterdir()}
    assert fault() is None
    remove_outdated()
    assert unpacked == {path.name: path.stat().st_mtime_ns for path in READABLE_FOLDER.iterdir()}
    assert {path.stat().st_mode & 0o077 for path in READABLE_FOLDER.iterdir()} == {0}
    archive.unlink()
    remove_outdated()
    assert list(READABLE_FOLDER.iterdir()) == []


def test_a_changed_archive_is_unpacked_again(folder: Path) -> None:
    pack(folder / "order_lines.zip", {"a.csv": text_of("A1")})
    assert orders() == ["A1"]
    pack(folder / "order_lines.zip", {"a.csv": text_of("A1", "A2")})
    assert orders() == ["A1", "A2"]


def with_a_password(path: Path) -> None:
    pack(path, {"a.csv": text_of("A1")})
    raw = bytearray(path.read_bytes())
    # In the entry and in the directory.
    for mark, place in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        raw[raw.index(mark) + place] |= 1
    path.write_bytes(raw)


def with_broken_bytes(path: Path) -> None:
    pack(path, {"a.csv": text_of(*(f"A{one * one % 7919}" for one in range(500)))})
    raw = bytearray(path.read_bytes())
    raw[200:230] = b"\xff" * 30
    path.write_bytes(raw)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (
            lambda path: path.write_bytes(b"PK\3\4" + b"no zip" * 50),
            "data/shop/order_lines.zip is not a whole zip archive (File is not a zip file); copy "
            "or export it again.",
        ),
        (
            with_broken_bytes,
            "data/shop/order_lines.zip is not a whole zip archive (Error -3 while decompressing "
            "data: …); copy or export it again.",
        ),
        (
            with_a_password,
            "data/shop/order_lines.zip is closed with a password; unpack it, or pack it without "
            "one.",
        ),
        (
            lambda path: pack(path, {"photo.png": b"x", "inner.zip": b"y"}),
            "data/shop/order_lines.zip holds no table (.csv, .csv.gz, .tsv, .txt, .parquet or a "
            "workbook) but inner.zip, photo.png; unpack it, or pack the tables alone.",
        ),
        (
            lambda path: pack(path, {}),
            "data/shop/order_lines.zip holds no table (.csv, .csv.gz, .tsv, .txt, .parquet or a "
            "workbook) but nothing; unpack it, or pack the tables alone.",
        ),
        (
            lambda path: pack(path, {f"{one}.csv": HEADER for one in range(1_001)}),
            "data/shop/order_lines.zip holds 1,001 tables, and no more than 1,000 are read; put "
            "those of a year into one.",
        ),
        (
            lambda path: pack(path, {"a.csv": text_of("A1"), "b.csv": "a,b\n1,2\n"}),
            "order_lines.zip/b.csv has no column order_id in its first line; rename or add it (no "
            "name there is read).",
        ),
        (
            lambda path: pack(path, {"a.csv": text_of("A1"), "b.csv": ""}),
            "data/shop/order_lines.zip/b.csv is empty; it needs at least a header line.",
        ),
    ],
    ids=["damaged", "broken", "password", "no table", "empty", "many", "another table", "no text"],
)
def test_an_archive_that_cannot_be_read_is_named(
    folder: Path, make: Callable[[Path], None], sentence: str
) -> None:
    make(folder / "order_lines.zip")
    before, _, after = sentence.partition("…")
    assert (fault() or "").startswith(before)
    assert (fault() or "").endswith(after)


@pytest.fixture
def exported(folder: Path) -> Iterator[Path]:
    """An archive with order lines and customers, elsewhere."""
    path = Path("Export.ZIP")
    pack(
        path,
        {
            "orders/orders.csv": "Order No,SKU,Order Date,Qty,Price,Customer\n"
            "A1,P1,2026-01-01,1,2.00,C1\n",
            "customers.csv": "customer_id,email,city\nC1,a@example.com,Leeds\n",
        },
    )
    folder.rmdir()
    return path


@pytest.mark.parametrize("options", [[], ["--copy"]])
def test_init_sorts_the_tables_of_an_archive(
    exported: Path, options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["init", "shop", str(exported), *options]) == 0
    written = Path("data/shop/dataset.yml").read_text(encoding="utf-8")
    if options:
        assert sorted(path.name for path in Path("data/shop").iterdir()) == [
            "customers_customers.csv",
            "dataset.yml",
            "order_lines_orders_orders.csv",
        ]
    else:
        assert '- "../../Export.ZIP/orders/orders.csv"' in written
        assert '- "../../Export.ZIP/customers.csv"' in written
    assert orders() == ["A1"]
    assert rows("select city from stg_contract__customers", "stg_contract__customers") == [
        ("Leeds",)
    ]


@pytest.mark.parametrize("options", [[], ["--copy"]])
def test_init_names_an_archive_of_one_input_whole(folder: Path, options: list[str]) -> None:
    pack(Path("all.zip"), {"1.csv": text_of("A1"), "2.csv": text_of("A2")})
    assert main(["init", "shop", "all.zip", *options]) == 0
    written = (folder / "dataset.yml").read_text(encoding="utf-8")
    assert ('- "../../all.zip"\n' in written) is not options
    assert (folder / "order_lines_all.zip").exists() is bool(options)
    assert orders() == ["A1", "A2"]


def test_init_says_what_keeps_an_archive_from_being_read(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with_a_password(Path("all.zip"))
    assert main(["init", "shop", "all.zip"]) == 1
    assert "all.zip is closed with a password" in capsys.readouterr().out


def test_a_table_that_an_archive_does_not_hold_is_named(exported: Path) -> None:
    Path("data/shop").mkdir()
    Path("data/shop/dataset.yml").write_text("files: {order_lines: ../../Export.ZIP/gone.csv}")
    assert fault() == (
        f"{exported.resolve()} holds no gone.csv; it holds orders/orders.csv, customers.csv."
    )


MEMBERS = [text_of("A1"), line("A2"), line("A3")]


@pytest.mark.parametrize("name", ["order_lines.csv.gz", "ORDER_LINES.CSV.GZ"])
@pytest.mark.parametrize(
    "rest",
    [b"", gzip.compress(b""), b"\0" * 600],
    ids=["three members", "an empty last member", "zeros at the end"],
)
def test_every_member_of_a_gzip_file_is_read(folder: Path, name: str, rest: bytes) -> None:
    (folder / name).write_bytes(b"".join(gzip.compress(one.encode()) for one in MEMBERS) + rest)
    assert orders() == ["A1", "A2", "A3"]


def test_a_gzip_file_with_a_comment_is_read(folder: Path) -> None:
    raw = gzip.compress(text_of("A1").encode())
    (folder / "order_lines.csv.gz").write_bytes(
        raw[:3] + b"\x10" + raw[4:10] + b"made by a shop\0" + raw[10:]
    )
    assert orders() == ["A1"]


def test_endings_in_capitals_are_read(folder: Path) -> None:
    (folder / "ORDER_LINES_1.CSV").write_text(text_of("A1"))
    (folder / "ORDER_LINES_2.XLSX").write_bytes(
        workbook(HEADER.strip().split(","), line("A2").strip().split(","))
    )
    with duckdb.connect() as connection:
        connection.execute(
            f"copy (select * from read_csv('{folder}/ORDER_LINES_1.CSV', all_varchar = true)) "
            f"to '{folder}/ORDER_LINES_3.PARQUET' (format parquet)"
        )
    assert orders() == ["A1", "A2"]
