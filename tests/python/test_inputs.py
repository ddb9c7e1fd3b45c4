"""What lies in a dataset's folder is found, and what cannot be read is said in one sentence."""

from __future__ import annotations

import encodings.aliases
import gzip
import io
import json
import os
import random
import zipfile
from pathlib import Path

import duckdb
import pytest
import yaml
from conftest import REPO_ROOT

from targeted_lists.inputs.copies import READABLE_FOLDER
from targeted_lists.inputs.dataset_file import is_file_encoding
from targeted_lists.inputs.layouts import layout_of
from targeted_lists.inputs.quotes import OPEN_QUOTE, TOO_LONG, fix_quotes
from targeted_lists.inputs.raw_files import describe_inputs_json, find_inputs
from targeted_lists.inputs.readable import (
    NO_TEXT,
    Settings,
    make_readable,
)

CONTRACT = yaml.safe_load((REPO_ROOT / "dbt_project.yml").read_text())["vars"]["input_contract"]
HEADER = "order_id,customer_id,ordered_at,product_id,quantity,unit_price"
ROW = "O1,C1,2025-01-01,P1,1,2.00"
LINES = f"{HEADER}\n{ROW}\n".encode()


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """The folder of the dataset `shop`, in the current folder."""
    monkeypatch.chdir(tmp_path)
    path = Path("data") / "shop"
    path.mkdir(parents=True)
    return path


def describe(dataset: str = "shop", adapter: str = "contract") -> dict:
    return json.loads(describe_inputs_json(json.dumps(CONTRACT), "data", dataset, adapter))


def write(folder: Path, files: dict[str, bytes]) -> None:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


def parquet_bytes(tmp: Path, select: str) -> bytes:
    path = tmp / "any.parquet"
    with duckdb.connect() as connection:
        connection.execute(f"copy ({select}) to '{path}'")
    raw = path.read_bytes()
    path.unlink()
    return raw


def test_sound_files_are_read_where_they_lie(folder):
    write(
        folder,
        {
            "order_lines.csv": b"\xef\xbb\xbf" + LINES,
            "order_lines_2025-02.csv.gz": gzip.compress(LINES) + gzip.compress(LINES),
            "order_lines/part.csv": f' Order_ID ,"UNIT_PRICE"{HEADER[8:-11]}\n'.encode(),
            "order_lines/.part.csv": b"\0",
            "order_lines/part.txt": b"",
            "order_lines_typed.parquet": parquet_bytes(
                folder, f"select {', '.join(f'1 as {name}' for name in HEADER.split(','))}"
            ),
            "notes.txt": b"",
            "dataset.yml": b"",
        },
    )
    found = find_inputs(Path("data"), "shop", layout_of("contract", CONTRACT))
    columns = HEADER.split(",")
    assert [(file.source_file, file.format, file.columns) for file in found.files] == [
        ("order_lines.csv", "csv", columns),
        ("order_lines/part.csv", "csv", ["Order_ID", "UNIT_PRICE", *columns[1:-1]]),
        ("order_lines_2025-02.csv.gz", "csv", columns),
        ("order_lines_typed.parquet", "parquet", columns),
    ]
    assert all(Path(file.path) == (folder / file.source_file).absolute() for file in found.files)
    assert [file.types for file in found.files] == [[], [], [], ["INTEGER"] * len(columns)]
    assert found.ignored_files == ["notes.txt", "order_lines/part.txt"]
    assert not READABLE_FOLDER.exists()


NOISE = bytes(random.Random(7).choices(range(1, 256), k=5000))

# Files of the dataset, and the whole sentence that stops the run.
STOPPING = {
    "nothing in the folder": (
        {},
        "data/shop holds no order_lines.csv or customer_totals.csv (also .csv.gz, .parquet, "
        "several files, or a folder of that name) but nothing; put one there or rename it.",
    ),
    "a misspelt file": (
        {"orderlines.csv": LINES},
        "data/shop holds no order_lines.csv or customer_totals.csv (also .csv.gz, .parquet, "
        "several files, or a folder of that name) but orderlines.csv; put one there or rename it.",
    ),
    "no byte": (
        {"order_lines.csv": b""},
        "data/shop/order_lines.csv is empty; it needs at least a header line.",
    ),
    "no byte inside gzip": (
        {"order_lines.csv.gz": gzip.compress(b"")},
        "data/shop/order_lines.csv.gz is empty; it needs at least a header line.",
    ),
    "blank lines only": (
        {"order_lines.csv": b"\n  \r\n\n"},
        "data/shop/order_lines.csv is empty; it needs at least a header line.",
    ),
    "a blank line first": (
        {"order_lines.csv": b"\n" + LINES},
        "data/shop/order_lines.csv begins with an empty line; its first line must name the "
        "columns.",
    ),
    "bytes of a picture": (
        {"order_lines.csv": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"},
        "data/shop/order_lines.csv holds zero bytes, so it is no text in utf-8; export it as CSV "
        "in UTF-8, or name its `encoding` in dataset.yml next to it.",
    ),
    "random bytes": (
        {"order_lines.csv": NOISE},
        "data/shop/order_lines.csv is no text in utf-8; export it as CSV in UTF-8, or name its "
        "`encoding` in dataset.yml next to it.",
    ),
    "half a gzip": (
        {"order_lines.csv.gz": gzip.compress(LINES + NOISE)[:-200]},
        "data/shop/order_lines.csv.gz is not a whole gzip file (Compressed file ended before the "
        "end-of-stream marker was reached); copy or export it again.",
    ),
    "no gzip": (
        {"order_lines.csv.gz": LINES},
        "data/shop/order_lines.csv.gz is not a whole gzip file (Not a gzipped file (b'or')); "
        "copy or export it again.",
    ),
    "no parquet": (
        {"order_lines.parquet": b"PAR1" + LINES + b"PAR1"},
        "data/shop/order_lines.parquet is not readable as parquet; export it again.",
    ),
    "a folder named as a file": (
        {"order_lines.csv/part.csv": LINES},
        "data/shop/order_lines.csv is not a file; a folder of files is named order_lines, "
        "without ending.",
    ),
    "a column that is missing": (
        {"order_lines.csv": LINES.replace(b"unit_price", b"price")},
        "order_lines.csv has no column unit_price in its first line; rename or add it (the file "
        "has order_id, customer_id, ordered_at, product_id, quantity, price).",
    ),
    "a column that is missing in an input next to": (
        {"order_lines.csv": LINES, "consents.csv.gz": gzip.compress(b"customer_id,channel\n")},
        "consents.csv.gz has no column status in its first line; rename or add it (the file has "
        "customer_id, channel).",
    ),
    "no header": (
        {"order_lines.csv": LINES, "customers.csv": b"17,ann@example.com,+442079460958\n"},
        "customers.csv has no column customer_id in its first line; rename or add it (no name "
        "there is read).",
    ),
    "another delimiter": (
        {"order_lines.csv": LINES.replace(b",", b";")},
        "order_lines.csv has one column at the delimiter ','; set `delimiter` in dataset.yml "
        "next to it, or add the column order_id.",
    ),
    "a column twice": (
        {"order_lines.csv": LINES.replace(b"customer_id", b"ORDER_ID")},
        "order_lines.csv has the column order_id twice; rename one of them.",
    ),
    "a column twice that is not read": (
        {"order_lines.csv": LINES.replace(b"unit_price", b"unit_price,colour,colour")},
        "order_lines.csv has the column colour twice; rename one of them.",
    ),
    "no header, and values twice": (
        {"order_lines.csv": LINES, "customers.csv": b"17,17,Ann,Ann\n18,18,Bob,Bob\n"},
        "customers.csv has no column customer_id in its first line; rename or add it (no name "
        "there is read).",
    ),
    "no header, and a value that is a name": (
        {"order_lines.csv": LINES, "customers.csv": b"17,ann@example.com,email,red,Leeds,5\n"},
        "customers.csv has no column customer_id in its first line; rename or add it (of the "
        "names there these are read: email).",
    ),
    "no header in lines": (
        {"order_lines.csv": LINES[len(HEADER) + 1 :]},
        "order_lines.csv has no column order_id in its first line; rename or add it (no name "
        "there is read).",
    ),
    "ten thousand columns": (
        {"order_lines.csv": ",".join([HEADER, *map(str, range(9_994))]).encode() + b"\n"},
        "order_lines.csv has 10,000 columns, and no more than 1,000 are read; leave out those "
        "that the project does not know.",
    ),
    "an endless first line": (
        {"order_lines.csv": b"x" * 16_000_001},
        "data/shop/order_lines.csv has a first line of more than 16 million bytes; its first "
        "line must name the columns.",
    ),
    "a quote open in the header": (
        {"order_lines.csv": b'"' + LINES},
        "data/shop/order_lines.csv has a quote in its header that is not closed; close it.",
    ),
    "an unknown setting": (
        {"order_lines.csv": LINES, "dataset.yml": b"separator: ';'"},
        "data/shop/dataset.yml has the unknown setting separator; it may have delimiter, "
        "encoding, decimal, thousands, timestamp_format, date_order, time_zone, currency, "
        "prices, skip_lines, sheet, missing, equal_lines, connector, mapping, files, statuses, "
        "service_codes, costs, contact_caps, offers, vars.",
    ),
    "settings that are a text": (
        {"order_lines.csv": LINES, "dataset.yml": b"semicolon"},
        "data/shop/dataset.yml has the unknown setting semicolon; it may have delimiter, "
        "encoding, decimal, thousands, timestamp_format, date_order, time_zone, currency, "
        "prices, skip_lines, sheet, missing, equal_lines, connector, mapping, files, statuses, "
        "service_codes, costs, contact_caps, offers, vars.",
    ),
    "an unknown encoding": (
        {"order_lines.csv": LINES, "dataset.yml": b"encoding: klingon"},
        "data/shop/dataset.yml: the encoding 'klingon' is unknown; utf-8, cp1251 and utf-16 are "
        "some.",
    ),
    "an encoding of no text": (
        {"order_lines.csv": LINES, "dataset.yml": b"encoding: rot13"},
        "data/shop/dataset.yml: the encoding 'rot13' is unknown; utf-8, cp1251 and utf-16 are "
        "some.",
    ),
    **{
        f"the encoding {name}": (
            {"order_lines.csv": LINES, "dataset.yml": f"encoding: {name}".encode()},
            f"data/shop/dataset.yml: the encoding '{name}' is unknown; utf-8, cp1251 and utf-16 "
            "are some.",
        )
        for name in ("idna", "punycode", "unicode_escape", "undefined", "base64", "hex")
    },
    "a delimiter of two characters": (
        {"order_lines.csv": LINES, "dataset.yml": rb"delimiter: '\t'"},
        "data/shop/dataset.yml: the delimiter '\\\\t' is not one character; write it in double "
        'quotes, such as ";" or "\\t".',
    ),
    "a decimal mark of another kind": (
        {"order_lines.csv": LINES, "dataset.yml": b"decimal: '-'"},
        "data/shop/dataset.yml: the decimal mark '-' is neither a point nor a comma.",
    ),
    "a format that is none": (
        {"order_lines.csv": LINES, "dataset.yml": b"timestamp_format: '%d|%Q'"},
        "data/shop/dataset.yml: the timestamp_format '%Q' is none of strptime; %d.%m.%Y %H:%M "
        "is one.",
    ),
}


@pytest.mark.parametrize(("files", "sentence"), STOPPING.values(), ids=STOPPING)
def test_one_sentence_names_the_file_and_the_fix(folder, files, sentence):
    write(folder, files)
    assert describe()["error"] == sentence


def test_settings_that_are_no_yaml_are_named(folder):
    write(folder, {"order_lines.csv": LINES, "dataset.yml": b"delimiter: [;\nencoding"})
    sentence = describe()["error"]
    assert sentence.startswith("data/shop/dataset.yml is not readable as YAML (")
    assert sentence.endswith("); write a line `name: value` for each setting.")
    assert "\n" not in sentence


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_file_that_may_not_be_read_is_named(folder):
    write(folder, {"order_lines.csv": LINES})
    (folder / "order_lines.csv").chmod(0)
    assert describe()["error"] == (
        "data/shop/order_lines.csv cannot be opened (Permission denied); see to it that you may "
        "read it."
    )


@pytest.mark.parametrize(
    ("dataset", "sentence"),
    [
        ("shpo", "There is no folder data/shpo; did you mean shop?"),
        ("elsewhere", "There is no folder data/elsewhere; the folders there are shop."),
        ("a'b", 'The dataset name "a\'b" may hold letters, digits, _ and - only; rename it.'),
        (
            "../shop",
            "The dataset name '../shop' may hold letters, digits, _ and - only; rename it.",
        ),
        ("", "The dataset name '' may hold letters, digits, _ and - only; rename it."),
    ],
)
def test_a_dataset_that_is_not_there_is_named(folder, dataset, sentence):
    assert describe(dataset)["error"] == sentence.replace("rename it", "rename the folder")


def test_a_place_without_datasets_is_named(folder):
    found = json.loads(describe_inputs_json("{}", "nowhere", "shop", "contract"))
    assert found["error"] == (
        "There is no folder nowhere/shop; name the place of your folders with data_dir."
    )


def test_an_adapter_that_is_not_there_is_named(folder):
    assert describe(adapter="excel")["error"].startswith("There is no adapter 'excel'; set the")


@pytest.mark.parametrize(
    "raw", [b"no zip at all", b"PK\x03\x04" + NOISE], ids=["text", "half a zip"]
)
def test_a_broken_workbook_is_named(folder, raw):
    write(folder, {"Online Retail.xlsx": raw})
    assert describe(adapter="online_retail")["error"] == (
        "data/shop/Online Retail.xlsx is not a readable workbook; export it again."
    )


def test_a_zip_that_is_no_workbook_is_named(folder):
    with zipfile.ZipFile(folder / "online_retail.xlsx", "w") as archive:
        archive.writestr("order_lines.csv", LINES)
    assert describe(adapter="online_retail")["error"] == (
        "data/shop/online_retail.xlsx is not a readable workbook; export it again."
    )


def read_copy(folder: Path, raw: bytes, **settings: str) -> str:
    path = folder / "order_lines.csv"
    path.write_bytes(raw)
    readable = make_readable(path, Settings(**settings))
    assert readable.is_relative_to(READABLE_FOLDER)
    return readable.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("encoding", "raw"),
    [
        ("cp1251", "имя,\u201cдым\u201d\nдыни,1\u20132\n".encode("cp1251")),
        ("utf-16", "имя,\u201cдым\u201d\nдыни,1\u20132\n".encode("utf-16")),
        ("UTF-16-LE", "имя,\u201cдым\u201d\nдыни,1\u20132\n".encode("utf-16-le")),
    ],
)
def test_other_encodings_get_a_copy_in_utf_8(folder, encoding, raw):
    assert read_copy(folder, raw, encoding=encoding) == "имя,\u201cдым\u201d\nдыни,1\u20132\n"


def test_bytes_that_are_no_text_are_marked_and_the_rest_is_read(folder):
    raw = "a,b\nдыни,\ufffd\n".encode() + b"t\xff\xfea,1\n\xd1"
    assert read_copy(folder, raw) == (f"a,b\nдыни,\ufffd\nt{NO_TEXT}{NO_TEXT}a,1\n{NO_TEXT}")


def test_a_copy_follows_its_file_and_its_settings(folder):
    read_copy(folder, b"a\n\xff\n")
    read_copy(folder, b"a\n\xff\xff\n")
    assert read_copy(folder, b"a\n\xff\xff\n", encoding="latin-1") == "a\nÿÿ\n"
    assert len(list(READABLE_FOLDER.glob("*.csv"))) == 1


@pytest.mark.parametrize("name", sorted(set(encodings.aliases.aliases.values())))
def test_every_encoding_of_python_reads_a_file_or_is_refused(folder, name):
    if not is_file_encoding(name):
        return
    raw = "order_id,price\\u0031\n1,2\n".encode(name)
    path = folder / "order_lines.csv"
    path.write_bytes(raw)
    readable = make_readable(path, Settings(encoding=name))
    assert readable.read_text(encoding="utf-8-sig") == "order_id,price\\u0031\n1,2\n"


def test_encodings_that_are_no_files_are_few():
    refused = {name for name in encodings.aliases.aliases.values() if not is_file_encoding(name)}
    assert refused == {
        *("base64_codec", "bz2_codec", "hex_codec", "quopri_codec", "rot_13", "uu_codec"),
        *("zlib_codec", "mbcs"),
    }


@pytest.mark.parametrize("quoted", [False, True])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp1251"])
def test_a_field_of_50_megabytes_costs_its_own_line_only(folder, encoding, quoted):
    long = "x" * 50_000_000
    field = f'"a ""{long}"""' if quoted else long
    text = f"a,b\n1,2\n3,{field}\n5,6\n"
    expected = f"a,b\n1,2\n{TOO_LONG}\n5,6\n"
    assert read_copy(folder, text.encode(encoding), encoding=encoding) == expected


def test_a_line_of_letters_of_many_bytes_is_measured_in_bytes(monkeypatch):
    monkeypatch.setattr("targeted_lists.inputs.quotes.LONGEST_LINE", 20)
    assert fix("a,b\nдыня,дыня\n") == ["a,b\n", "дыня,дыня\n"]
    assert fix("a,b\nдыня,дыня,д\n") == ["a,b\n", f"{TOO_LONG}\n"]


def test_a_field_over_many_lines_is_measured_whole(monkeypatch):
    monkeypatch.setattr("targeted_lists.inputs.quotes.LONGEST_LINE", 20)
    records = fix('a,b\n1,"xxxxxxxx\nyyyyyyyy\nzzz"\n2,3\n')
    assert records == [
        "a,b\n",
        f"1,{OPEN_QUOTE}xxxxxxxx\n",
        "yyyyyyyy\n",
        'zzz"\n',
        "2,3\n",
    ]


def fix(text: str, delimiter: str = ",") -> list[str]:
    return list(fix_quotes(io.StringIO(text, newline=""), delimiter))


@pytest.mark.parametrize(
    "record",
    [
        "1,2,3\r\n",
        '1,"x\ny",3\n',
        '1,"x\r\n\r\ny, ""z""\n",3\r\n',
        '"1","2","3"\n',
        '1,"",""\n',
        '1,24" screen,3\n',
        '1, "a, b",3\n',
        '1,2,"3"',
        '1,2,3,4,"5"\n',
        '1,"2"\n',
    ],
)
def test_records_that_csv_allows_stay_as_they_are(record):
    assert fix(f"a,b,c\n{record}") == ["a,b,c\n", record]


@pytest.mark.parametrize(
    ("text", "records"),
    [
        # To the end of the file.
        ('4,"5,6\n7,8,9\n1,2,3', [f"4,{OPEN_QUOTE}5,6\n", "7,8,9\n", "1,2,3"]),
        # Until the quote of another record, which would look closed.
        ('4,"5,6\n7,8,9\n1,"x",3\n', [f"4,{OPEN_QUOTE}5,6\n", "7,8,9\n", '1,"x",3\n']),
        ('4,"5,6\n1,"2,3\n', [f"4,{OPEN_QUOTE}5,6\n", f"1,{OPEN_QUOTE}2,3\n"]),
        # In a file that quotes every field.
        (
            '"4","5","6\n"7","8","9"\n',
            ['"4","5","6\n'.replace('"', OPEN_QUOTE), '"7","8","9"\n'],
        ),
        # A closed field over two lines, in a record of too many fields.
        ('1,"x\ny",3,4\n', [f"1,{OPEN_QUOTE}x\n", 'y",3,4\n']),
    ],
)
def test_a_quote_that_is_not_closed_costs_its_own_line_only(text, records):
    assert fix(f"a,b,c\n{text}") == ["a,b,c\n", *records]


def test_an_open_quote_does_not_look_further_than_a_field_may_be_long():
    lines = ["a,b\n", '1,"x\n', *["1,2\n"] * 1000, '1,"2"\n', '3"\n']
    assert list(fix_quotes(lines, ","))[1:] == [f"1,{OPEN_QUOTE}x\n", *lines[2:]]


def test_text_behind_a_closing_quote_belongs_to_its_field():
    assert fix('a,b\n1,"Best" tea\n') == ["a,b\n", "1,Best tea\n"]
    assert fix('a;b\n1;"x; y" z\n', ";") == ["a;b\n", '1;"x; y z"\n']


def test_a_file_of_open_quotes_is_read_in_time_that_grows_with_its_lines():
    lines = ["a,b,c\n", *['1,"x y,3\n', "1,2,3\n"] * 20_000]
    records = list(fix_quotes(lines, ","))
    assert len(records) == len(lines)
    assert sum(OPEN_QUOTE in record for record in records) == 20_000


def test_no_line_is_lost_whatever_quotes_it_holds():
    rng = random.Random(11)
    for _ in range(300):
        lines = [
            "".join(rng.choice('ab,"\t') for _ in range(rng.randrange(8))) + "\n"
            for _ in range(rng.randrange(1, 12))
        ]
        text = "".join(fix_quotes(["h,i\n", *lines], ","))
        assert sum(text.count(sign) for sign in "ab") >= sum(
            line.count(sign) for line in lines for sign in "ab"
        )
        assert text.count("\n") == len(lines) + 1
