"""Damaged files: every raw row is named in a ledger, and what cannot be read stops the run.

Each dataset holds many damages at once, because a run of dbt takes seconds; what stops a run is
tried in test_inputs.py without dbt, and once here.
"""

from __future__ import annotations

import gzip
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from conftest import Build, Project, query

from targeted_lists.saved.salt import give_salt, make_salt

CORE = ("build", "--resource-type", "seed", "model", "--select", "+tag:core", "private")
LINE_HEADER = "order_id,customer_id,ordered_at,product_id,product_name,quantity,unit_price,status"
DAY = "2025-03-01 10:00:00"
MAIL, PHONE = "Ann.Smith@example.com", "+44 20 7946 0958"

# The raw text of a row, what the ledger says of it, and its amount. A text of several lines is
# one row where its quotes are in order.
LINES = {
    "sound": (f"O1,C1,{DAY},P1,tea,2,1.50,delivered", "accepted", "sale", 3),
    "text for a number": (
        f"O2,C1,{DAY},P1,tea,two,1.50,",
        "rejected",
        'quantity "two" is not a number',
        None,
    ),
    "day that is none": (
        "O3,C1,2025-02-30,P1,tea,1,1.50,",
        "rejected",
        'ordered_at "2025-02-30" is not a date',
        1.5,
    ),
    "date for unknown": (
        "O4,C1,0001-01-01,P1,tea,1,1.50,",
        "rejected",
        'ordered_at "0001-01-01" is not a date',
        1.5,
    ),
    "endless date": (
        "O5,C1,infinity,P1,tea,1,1.50,",
        "rejected",
        'ordered_at "infinity" is not a date',
        1.5,
    ),
    "two faults": (
        f"O6,C1,{DAY},P1,tea,NaN,inf,",
        "rejected",
        'quantity "NaN" is not a number; unit_price "inf" is not a number',
        None,
    ),
    "number beyond range": (
        f"O7,C1,{DAY},P1,tea,1,1e400,",
        "rejected",
        'unit_price "1e400" is not a number',
        None,
    ),
    "very long number": (
        f"O8,C1,{DAY},P1,tea,1,{'9' * 60},",
        "rejected",
        f'unit_price "{"9" * 40}" is not a number',
        None,
    ),
    # Two digits behind it: it can part nothing but decimals.
    "decimal comma": (f'O9,C1,{DAY},P1,tea,1,"1,50",', "accepted", "sale", 1.5),
    "decimals or thousands": (
        f'O9b,C1,{DAY},P1,tea,1,"1,500",',
        "rejected",
        'unit_price "1,500" is not a number',
        None,
    ),
    "negative price": (f"O10,C1,{DAY},P1,tea,1,-1.50,", "rejected", "price below zero", -1.5),
    "thousands by spaces": (
        f"O11,C1,{DAY},P1,tea,1 000,1\u00a0234.50,",
        "accepted",
        "sale",
        1234500,
    ),
    "negative quantity": (f"O12,C1,{DAY},P1,tea,-2,1.50,", "accepted", "return", -3),
    "field too many": (
        f"O13,C1,{DAY},P1,tea,1,1.50,delivered,extra",
        "rejected",
        "more fields than the header",
        1.5,
    ),
    "content after empty field": (
        f"O14,C1,{DAY},P1,tea,1,1.50,delivered,,lost",
        "rejected",
        "more fields than the header",
        1.5,
    ),
    "delimiter at the end": (f"O15,C1,{DAY},P1,tea,1,1.50,delivered,", "accepted", "sale", 1.5),
    "field too few": (
        f"O16,C1,{DAY},P1,tea,1,1.50",
        "rejected",
        "fewer fields than the header",
        1.5,
    ),
    "line break in a field": (f'O17,C1,{DAY},P1,"tea\ngreen",1,1.50,', "accepted", "sale", 1.5),
    "doubled quotes": (f'O18,C1,{DAY},P1,"""fine"" tea",1,1.50,', "accepted", "sale", 1.5),
    "quote inside a field": (f'O19,C1,{DAY},P1,24" screen,1,1.50,', "accepted", "sale", 1.5),
    "text after a quote": (f'O20,C1,{DAY},P1,"Best" tea,1,1.50,', "accepted", "sale", 1.5),
    "open quote": (
        f'O21,C1,{DAY},P1,"tea,1,1.50,',
        "rejected",
        "a quote that is opened and not closed",
        1.5,
    ),
    "bytes that are no text": (
        f"O22,C1,{DAY},P1,t\udcff\udcfea,1,1.50,",
        "rejected",
        "bytes that are not text in the encoding of the file",
        1.5,
    ),
    "text that was damaged before": (
        f"O23,C1,{DAY},P1,caf\ufffd,1,1.50,",
        "accepted",
        "sale",
        1.5,
    ),
    "status unknown": (
        f"O24,C1,{DAY},P1,tea,1,1.50,lost",
        "rejected",
        'status "lost" is unknown',
        1.5,
    ),
    "contact for a status": (
        f"O25,C1,{DAY},P1,tea,1,1.50,bob@example.com",
        "rejected",
        "status (a contact) is unknown",
        1.5,
    ),
    "contact for a number": (
        f"O26,C1,{DAY},P1,tea,{PHONE},1.50,",
        "rejected",
        "quantity (a contact) is not a number",
        None,
    ),
    "nothing but blanks": ("   ", "rejected", "fewer fields than the header", None),
    "customer 0": (f"O28,0,{DAY},P1,tea,1,1.50,", "accepted", "anonymous sale", 1.5),
    "customer empty": (f"O29,,{DAY},P1,tea,1,1.50,", "accepted", "anonymous sale", 1.5),
    "customer blank": (f"O30, ,{DAY},P1,tea,1,1.50,", "accepted", "anonymous sale", 1.5),
    "customer missing": (f"O31,\\N,{DAY},P1,tea,1,1.50,", "accepted", "anonymous sale", 1.5),
    "customer with quotes": (
        f'O32,"O\'Neil ""Al""",{DAY},P1,tea,1,1.50,',
        "accepted",
        "sale",
        1.5,
    ),
    "customer in Cyrillic": (f"O33,Лидия,{DAY},P1,tea,1,1.50,", "accepted", "sale", 1.5),
    "customer of one sign": (f"O34,🫖,{DAY},P1,tea,1,1.50,", "accepted", "sale", 1.5),
    "customer a mail": (f"O35,{MAIL},{DAY},P1,tea,1,1.50,", "accepted", "sale", 1.5),
    "customer the same mail": (
        f"O36, {MAIL.lower()},{DAY},P1,tea,1,1.50,",
        "accepted",
        "sale",
        1.5,
    ),
    "customer a phone": (f"O37,{PHONE},{DAY},P1,tea,1,1.50,", "accepted", "sale", 1.5),
    "customer the same phone": (
        f"O38,+442079460958,{DAY},P1,tea,1,1.50,",
        "accepted",
        "sale",
        1.5,
    ),
    "customer a bare phone": (f"O39,79995551111,{DAY},P1,tea,1,1.50,", "accepted", "sale", 1.5),
    "customer as a decimal": (f"O40,1042.0,{DAY},P1,tea,1,1.50,", "accepted", "sale", 1.5),
    "customer damaged by a spreadsheet": (
        f"O48,4.47912E+11,{DAY},P1,tea,1,1.50,",
        "accepted",
        "anonymous sale; customer_id was damaged by a spreadsheet",
        1.5,
    ),
    "order damaged by a spreadsheet": (
        f"1.00025E+11,C1,{DAY},P1,tea,1,1.50,",
        "rejected",
        "order_id was damaged by a spreadsheet",
        1.5,
    ),
    "very long text": (f"O41,C1,{DAY},P1,{'x' * 300_000},1,1.50,", "accepted", "sale", 1.5),
    "product with a plus": (f"O42,C1,{DAY},P1 + P2,set,1,1.50,", "accepted", "sale", 1.5),
    "no order": (f",C1,{DAY},P1,tea,1,1.50,", "rejected", "no order_id", 1.5),
    "amount beyond range": (
        f"O45,C1,{DAY},P1,tea,99999999,99999999.99,",
        "rejected",
        "amount of a hundred thousand million or more",
        None,
    ),
    "numbers beyond any product": (
        f"O46,C1,{DAY},P1,tea,99999999999999,99999999999999,",
        "rejected",
        "amount of a hundred thousand million or more",
        None,
    ),
    "cost beyond range": (f"O47,C1,{DAY},P9,tea,1000,1.50,", "accepted", "sale", 1500),
    "far future": (
        "O44,C1,2052-03-01,P1,tea,1,1.50,",
        "rejected",
        "dated more than 366 days after the rest",
        1.5,
    ),
}
ROW_OF = {name: number for number, name in enumerate(LINES, start=1)}


def write(folder: Path, files: dict[str, str | bytes]) -> None:
    """Write files; text may hold bytes as surrogates, and names ending in .gz are compressed."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        raw = content.encode("utf-8", "surrogateescape") if isinstance(content, str) else content
        path.write_bytes(gzip.compress(raw) if name.endswith(".gz") else raw)


def lines_csv(*rows: str, header: str = LINE_HEADER) -> str:
    return "".join(f"{row}\n" for row in (header, *rows))


def run_core(project: Project, dataset: str, files: dict[str, str | bytes]) -> Path:
    """Build staging, intermediate and core of a dataset; return the working database."""
    write(project.folder / "data" / dataset, files)
    outcome = project.dbt(*CORE, dataset=dataset)
    assert outcome.success, "\n".join(outcome.failures)
    return project.warehouse(dataset)


@pytest.fixture(scope="module")
def damaged(project: Project) -> Path:
    """The working database of a dataset with every damage that a run goes on after."""
    folder = project.folder / "data" / "damaged"
    folder.mkdir(parents=True)
    with duckdb.connect() as connection:
        connection.execute(
            f"""
            copy (
                select *
                from (values
                    ('Q1', 17850.0::double, timestamp '2025-03-02 10:00:00', 'P1', 2::integer,
                        1.25::decimal(10, 2), true, 0.5::double),
                    ('Q2', null, timestamp '2025-03-02 11:00:00', 'P1', 3, 2.00, false, null),
                    ('Q3', 'nan'::double, timestamp '2025-03-02 12:00:00', 'P1', 1, 2.00, true, 0)
                ) as lines (order_id, customer_id, ordered_at, product_id, quantity, unit_price,
                    "is ""a"" gift", discount)
            ) to '{folder / "order_lines_typed.parquet"}'
            """
        )
    text = lines_csv(
        *(row for row, *_ in LINES.values()),
        # Enough sound lines that one far date is no more than a thousandth of all.
        *(f"T{number},C2,{DAY},P1,tea,1,1.00," for number in range(1100)),
        header="\ufeff" + LINE_HEADER.replace("order_id", " Order_ID ").upper(),
    )
    return run_core(
        project,
        "damaged",
        {
            "order_lines.csv": text,
            # Lines end as on Windows, and the last one does not end; empty lines do not count.
            "order_lines_crlf.csv": (
                f"quantity,unit_price,order_id,ordered_at,product_id\r\n\r\n"
                f"1,2.00,W1,{DAY},P1\r\n\r\n\r\nx,2.00,W2,{DAY},P1\r\n2,2.00,W3,{DAY},P1"
            ),
            "order_lines_cr.csv.gz": lines_csv(
                f"R1,C1,{DAY},P1,tea,1,3.00,", f"R2,C1,{DAY},P1,tea,1,y,"
            ).replace("\n", "\r"),
            "order_lines_long.csv": lines_csv(
                f"L1,C1,{DAY},P1,tea,1,3.00,",
                f"L2,C1,{DAY},P1,{'x' * 50_000_000},1,3.00,",
                f"L3,C1,{DAY},P1,tea,1,4.00,",
            ),
            # A folder of files, of which the later one repeats numbered lines of the earlier.
            "order_lines/june.csv": lines_csv(
                f"1,J1,C1,{DAY},P1,1,1.00",
                f"2,J1,C1,{DAY},P1,1,1.00",
                f"1,J2,C1,{DAY},P1,1,1.00",
                f"1,J3,C1,{DAY},P1,1,1.00",
                header="line_number,order_id,customer_id,ordered_at,product_id,quantity,unit_price",
            ),
            "order_lines/june_july.csv": lines_csv(
                f"J1,2,C1,{DAY},P1,5,1.00",
                f"J2,1,C1,{DAY},P1,1,1.00",
                f"J3,,C1,{DAY},P1,7,1.00",
                f"J3,,C1,{DAY},P2,7,1.00",
                f"J1,1,C1,{DAY},P1,unreadable,1.00",
                header="order_id,line_number,customer_id,ordered_at,product_id,quantity,unit_price",
            ),
            "order_lines/.hidden.csv": b"\0\0",
            "customers.csv": lines_csv(
                f"C1,1980,{MAIL},{PHONE}",
                f"C3,{MAIL},{MAIL},",
                "C4,1.5,,",
                "0,1990,,",
                "C1,1981,,",
                f"C1,1980,{MAIL},{PHONE}",
                "4.47912E+11,1980,,",
                header="customer_id,birth_year,email,phone",
            ),
            "consents.csv": lines_csv(
                "C1,email,granted,2025-01-01",
                "C1,email,granted,2025-01-01",
                "C1,email,withdrawn,soon",
                "C1,,granted,2025-01-01",
                header="customer_id,channel,status,event_at",
            ),
            "products.csv": "product_id,unit_cost\nP9,99999999999999.99\n",
            "customer_totals.csv": lines_csv(
                "C9,2025-03-01,9223372036854775807,3,30.00",
                "C8,2025-03-01,999999999999999,3,30.00",
                header="customer_id,as_of_date,recency_days,orders,revenue",
            ),
            "notes.txt": "not an input",
        },
    )


def test_every_row_of_a_damaged_file_is_in_the_ledger(damaged):
    found = query(
        damaged,
        f"""
        select source_row, decision::varchar, reason, amount
        from core.order_line_ledger
        where source_file = 'order_lines.csv' and source_row <= {len(LINES)}
        order by source_row
        """,
    )
    expected = [(ROW_OF[name], *said) for name, (_, *said) in LINES.items()]
    assert found == expected
    everything = query(
        damaged,
        "select count(*) from core.order_line_ledger where source_file = 'order_lines.csv'",
    )
    assert everything == [(len(LINES) + 1100,)]


@pytest.mark.parametrize(
    ("name", "column", "value"),
    [
        ("line break in a field", "product_name", "tea\ngreen"),
        ("doubled quotes", "product_name", '"fine" tea'),
        ("quote inside a field", "product_name", '24" screen'),
        ("text after a quote", "product_name", "Best tea"),
        ("very long text", "length(product_name)", 300_000),
        ("product with a plus", "product_id", "P1 + P2"),
        ("customer with quotes", "customer_id", 'O\'Neil "Al"'),
        ("customer in Cyrillic", "customer_id", "Лидия"),
        ("customer of one sign", "customer_id", "🫖"),
        ("customer as a decimal", "customer_id", "1042"),
        ("customer 0", "customer_id", None),
        ("customer blank", "customer_id", None),
        ("customer missing", "customer_id", None),
    ],
)
def test_values_arrive_as_they_were_written(damaged, name, column, value):
    assert query(
        damaged,
        f"""
        select {column} from intermediate.int_order_lines_validated
        where source_file = 'order_lines.csv' and source_row = {ROW_OF[name]}
        """,
    ) == [(value,)]


def test_contacts_as_keys_are_hashed_alike_however_they_are_written(damaged):
    keys = dict(
        query(
            damaged,
            """
            select source_row, customer_id from staging.stg_contract__order_lines_held
            where source_file = 'order_lines.csv'
            """,
        )
    )
    mail, phone, bare = (
        keys[ROW_OF[name]]
        for name in ("customer a mail", "customer a phone", "customer a bare phone")
    )
    assert mail == keys[ROW_OF["customer the same mail"]]
    assert phone == keys[ROW_OF["customer the same phone"]]
    assert len({mail, phone, bare}) == 3
    assert all(key.startswith("c_") and len(key) == 34 for key in (mail, phone, bare))


def find_contacts(database: Path) -> set[str]:
    """Return the columns in which a contact of these files stands as it was written."""
    digits = ("442079460958", "79995551111")
    found = set()
    with duckdb.connect(str(database), read_only=True) as connection:
        # The view of the order lines makes keys as it is read.
        give_salt(connection, make_salt)
        for schema, table, column in connection.execute(
            """
            select table_schema, table_name, column_name from information_schema.columns
            where data_type = 'VARCHAR'
            """
        ).fetchall():
            shows = connection.execute(
                f"""
                select bool_or(
                    "{column}" ilike '%ann.smith%'
                    or regexp_replace("{column}", '[^0-9]', '', 'g') in {digits}
                )
                from "{schema}"."{table}"
                """
            ).fetchone()[0]
            if shows:
                found.add(f"{schema}.{table}.{column}")
    return found


def test_contacts_stand_where_they_belong_and_nowhere_else(damaged):
    shown = {name for name in find_contacts(damaged) if not name.startswith("private.")}
    assert shown == set()


def test_files_of_any_layout_are_read_together(damaged):
    found = query(
        damaged,
        """
        select source_file, source_row, decision::varchar, reason, amount
        from core.order_line_ledger
        where source_file <> 'order_lines.csv'
        order by source_file, source_row
        """,
    )
    later = "replaced by order_lines/june_july.csv"
    assert found == [
        ("order_lines/june.csv", 1, "accepted", "sale", 1),
        ("order_lines/june.csv", 2, "rejected", later, 1),
        ("order_lines/june.csv", 3, "rejected", later, 1),
        ("order_lines/june.csv", 4, "rejected", later, 1),
        ("order_lines/june_july.csv", 1, "accepted", "sale", 5),
        ("order_lines/june_july.csv", 2, "accepted", "sale", 1),
        ("order_lines/june_july.csv", 3, "accepted", "sale", 7),
        ("order_lines/june_july.csv", 4, "accepted", "sale", 7),
        (
            *("order_lines/june_july.csv", 5, "rejected"),
            *('quantity "unreadable" is not a number', None),
        ),
        ("order_lines_cr.csv.gz", 1, "accepted", "sale", 3),
        ("order_lines_cr.csv.gz", 2, "rejected", 'unit_price "y" is not a number', None),
        ("order_lines_crlf.csv", 1, "accepted", "anonymous sale", 2),
        ("order_lines_crlf.csv", 2, "rejected", 'quantity "x" is not a number', None),
        ("order_lines_crlf.csv", 3, "accepted", "anonymous sale", 4),
        ("order_lines_long.csv", 1, "accepted", "sale", 3),
        ("order_lines_long.csv", 2, "rejected", "a line of more than 16 million bytes", None),
        ("order_lines_long.csv", 3, "accepted", "sale", 4),
        ("order_lines_typed.parquet", 1, "accepted", "sale", 2),
        ("order_lines_typed.parquet", 2, "accepted", "anonymous sale", 6),
        ("order_lines_typed.parquet", 3, "accepted", "anonymous sale", 2),
    ]
    assert query(
        damaged,
        "select customer_id from core.fct_order_lines where order_id = 'Q1'",
    ) == [("17850",)]


def test_what_a_type_can_hold_and_the_contract_cannot_is_rejected(project):
    folder = project.folder / "data" / "typed"
    folder.mkdir()
    with duckdb.connect() as connection:
        connection.execute(
            f"""
            copy (
                select *
                from (values
                    ('Q1', 1::bigint, timestamp '2025-03-02 10:00:00.123456', 2::integer,
                        1.25::decimal(38, 4), 0.00005::decimal(18, 6), 'P1'),
                    ('Q2', {10**15}, timestamp '2025-03-02', 2, 1.25, 0, 'P1'),
                    ('Q3', 1, timestamp '1753-01-01', 2, 1.25, 0, 'P1'),
                    ('Q4', 1, timestamp 'infinity', 2, 1.25, 0, 'P1'),
                    ('Q5', 1, timestamp '2025-03-02', 2, {10**15}, 0, 'P1'),
                    ('Q6', null, timestamp '2025-03-02', -{2**31 - 1}, 1.25, null, 'P1'),
                    ('Q7', 1, null, null, null, null, 'P1')
                ) as lines (order_id, line_number, ordered_at, quantity, unit_price, discount,
                    product_id)
            ) to '{folder / "order_lines.parquet"}'
            """
        )
    database = run_core(project, "typed", {})
    assert query(
        database,
        "select order_id, reason, amount, epoch_us(ordered_at) % 1000000 "
        "from intermediate.int_order_lines_validated order by order_id",
    ) == [
        ("Q1", "anonymous sale", Decimal("2.4999"), 123456),
        ("Q2", f'line_number "{10**15}" is not a whole number', Decimal("2.5"), 0),
        ("Q3", 'ordered_at "1753-01-01 00:00:00" is not a date', Decimal("2.5"), None),
        ("Q4", 'ordered_at "infinity" is not a date', Decimal("2.5"), None),
        ("Q5", f'unit_price "{10**15}.0000" is not a number', None, 0),
        ("Q6", "return", Decimal(-(2**31 - 1)) * Decimal("1.25"), 0),
        ("Q7", "no ordered_at", None, None),
    ]


def test_rows_of_the_other_inputs_are_in_their_ledger(damaged):
    found = query(
        damaged,
        """
        select input, source_row, decision::varchar, reason from core.input_ledger
        order by input, source_row
        """,
    )
    assert found == [
        ("consents", 1, "accepted", "sound"),
        ("consents", 2, "merged", "identical to an earlier row"),
        ("consents", 3, "rejected", 'event_at "soon" is not a date'),
        ("consents", 4, "rejected", "no channel"),
        ("customer_totals", 1, "rejected", f'recency_days "{2**63 - 1}" is not a whole number'),
        ("customer_totals", 2, "accepted", "sound"),
        ("customers", 1, "accepted", "sound"),
        ("customers", 2, "rejected", "birth_year (a contact) is not a whole number"),
        ("customers", 3, "rejected", 'birth_year "1.5" is not a whole number'),
        ("customers", 4, "rejected", "no customer_id"),
        ("customers", 5, "rejected", "replaced by a later row of the same key"),
        ("customers", 6, "merged", "identical to an earlier row"),
        ("customers", 7, "rejected", "customer_id was damaged by a spreadsheet"),
        ("products", 1, "accepted", "sound"),
    ]


def test_the_profile_counts_every_raw_row(damaged):
    assert query(
        damaged,
        """
        select rows, nulls, type, minimum, maximum from core.source_profile
        where file = 'order_lines.csv' and "column" = 'UNIT_PRICE'
        """,
    ) == [(len(LINES) + 1100, 1, "text", "-1.50", "inf")]


def test_numbers_and_dates_are_read_as_the_dataset_writes_them(project):
    header = LINE_HEADER.replace(",", ";")
    text = lines_csv(
        "O1;C1;31.01.2025 10:00;P1;дыни;1 878,50;2,5;delivered",
        "O2;C1;31.01.2025 10:00;P1;дыни;1.878;2,5;delivered",
        "O3;C1;2025-01-31;P1;дыни;1;2,5;delivered",
        "O4;NULL;30.02.2025 10:00;P1;дыни;1;NULL;delivered",
        header=header,
    )
    folder = project.folder / "data" / "commas"
    folder.mkdir()
    with duckdb.connect() as connection:
        connection.execute(
            f"""
            copy (
                select 'O5' as order_id, 'C1' as customer_id, date '2025-01-30' as ordered_at,
                    'P1' as product_id, 1.5::double as quantity, 2.50::decimal(9, 2) as unit_price
            ) to '{folder / "order_lines_5.parquet"}'
            """
        )
    database = run_core(
        project,
        "commas",
        {
            "order_lines.csv": text.encode("cp1251"),
            "dataset.yml": (
                'delimiter: ";"\nencoding: cp1251\ndecimal: ","\nmissing: "NULL"\n'
                'timestamp_format: "%d.%m.%Y %H:%M"\n'
            ),
        },
    )
    assert query(
        database,
        "select order_id, product_name, reason, amount "
        "from intermediate.int_order_lines_validated "
        "order by order_id",
    ) == [
        ("O1", "дыни", "sale", 4696.25),
        ("O2", "дыни", 'quantity "1.878" is not a number', None),
        ("O3", "дыни", "sale", 2.5),
        ("O4", "дыни", 'ordered_at "30.02.2025 10:00" is not a date', None),
        ("O5", None, "sale", 3.75),
    ]


def test_a_header_alone_ends_well_with_empty_tables(project):
    write(project.folder / "data" / "header_only", {"order_lines.csv": LINE_HEADER})
    build = project.build(dataset="header_only")
    assert build.query("select count(*) from core.order_line_ledger") == [(0,)]
    assert build.query("select count(*) from lists.list_catalog where members > 0") == [(0,)]
    assert build.query("select count(*) from core.source_profile") == [
        (LINE_HEADER.count(",") + 1,)
    ]
    # Of nobody a drift is unknown, and no alert comes of it.
    assert build.query(
        "select distinct model, level, rows, baseline_rows from monitoring.model_drift"
    ) == [("clv", "unknown", 0, 0)]
    assert build.query(
        "select count(*) from monitoring.alerts where check_name = 'feature drift'"
    ) == [(0,)]


def test_totals_alone_make_scores(project):
    write(
        project.folder / "data" / "totals",
        {
            "customer_totals.csv": lines_csv(
                *(f"C{n},2025-06-01,{n},{n},{n * 10}.00" for n in range(1, 11)),
                "C11,2025-06-01,,3,30.00",
                header="customer_id,as_of_date,recency_days,orders,revenue",
            )
        },
    )
    outcome = project.dbt(*CORE, "+marts.rfm", dataset="totals")
    assert outcome.success, "\n".join(outcome.failures)
    database = project.warehouse("totals")
    assert query(
        database,
        "select basis, count(*), min(frequency), max(monetary) from rfm.rfm_scores "
        "group by basis order by basis",
    ) == [("bought", 10, 1, 100), ("placed", 10, 1, 100)]
    assert query(database, "select distinct customer_id, reason from rfm.rfm_skipped") == [
        ("C11", "time since the last order is unknown")
    ]


def test_nobody_falls_between_the_tables_of_rfm(project: Project, repo_root: Path) -> None:
    """Of the case, Z bought at 0.00 alone; here one more only cancelled, one is in a file."""
    case = repo_root.parent / "shared/cases/numbers/tiny/order_lines.csv"
    if not case.exists():
        pytest.skip(f"the case is not at {case}")
    lines = case.read_text(encoding="utf-8").splitlines()
    header, *rows = [f"{line},{'status' if n == 0 else ''}" for n, line in enumerate(lines)]
    rows.append("Y-1,1,Y,2024-04-10,X,1,9,cancelled")
    folder = project.folder / "data/tiny"
    write(
        folder,
        {
            "order_lines.csv": "\n".join([header, *rows]) + "\n",
            "customers.csv": "customer_id\nA\nW\n",
        },
    )
    outcome = project.dbt(*CORE, "+marts.rfm", dataset="tiny")
    assert outcome.success, "\n".join(outcome.failures)
    database = project.warehouse("tiny")
    assert query(
        database, "select basis, customer_id, source, reason from rfm.rfm_skipped order by all"
    ) == [
        (basis, customer, source, reason)
        for basis in ("bought", "placed")
        for customer, source, reason in (
            ("W", "customers", "known from the file of customers alone: no order"),
            ("Y", "orders", "only cancelled orders"),
            ("Z", "orders", "only free lines"),
        )
    ]
    ((known, scored, segments),) = query(
        database,
        "select (select count(*) from core.dim_customers), count(*), "
        "count(*) filter (segment in ('Champions', 'Loyal', 'Cannot Lose Them') and frequency = 1)"
        " from rfm.rfm_scores where basis = 'bought'",
    )
    assert known == scored + 3
    assert segments == 0


@pytest.fixture(scope="module")
def lines_only(project: Project) -> Build:
    """A dataset of order lines and nothing else, built whole and published."""
    write(
        project.folder / "data" / "lines_only",
        {
            "order_lines.csv": lines_csv(
                *(
                    f"O{n},C{n % 37},2025-{n % 6 + 1:02}-{n % 28 + 1:02},P{(n * 7 + k) % 11},"
                    f"tea,{k + 1},{1 + n % 5}.00,"
                    for n in range(300)
                    for k in range(2)
                )
            )
        },
    )
    return project.build(dataset="lines_only")


def test_the_salt_stands_in_no_file_but_its_own(lines_only):
    """A dataset without one got its own; what a run writes, its log and queries too, lacks it."""
    folder = lines_only.project.folder
    kept = folder / "state/lines_only/customer_key_salt"
    assert kept.stat().st_mode & 0o777 == 0o600
    salt = kept.read_bytes().strip()
    assert len(salt) == 32
    left = [path for path in folder.rglob("*") if path.is_file() and path != kept]
    assert [path for path in left if salt in path.read_bytes()] == []
    compiled = (folder / "target/lines_only/compiled").rglob("*.sql")
    assert any("customer_key_salt()" in path.read_text(encoding="utf-8") for path in compiled)


def test_what_holds_contacts_is_its_owners_alone(lines_only):
    folder = lines_only.project.folder
    mine = [folder / "warehouse/lines_only.duckdb", *(folder / "state/lines_only").rglob("*")]
    assert {oct(path.stat().st_mode & 0o777) for path in mine if path.is_file()} == {"0o600"}
    folders = [folder / "warehouse", folder / "state/lines_only"]
    assert {oct(path.stat().st_mode & 0o777) for path in folders} == {"0o700"}


def test_order_lines_alone_build_everything(lines_only):
    assert lines_only.query("select count(*) from core.order_line_ledger") == [(600,)]
    assert lines_only.query("select count(*) from rfm.rfm_scores where basis = 'placed'") == [
        (37,)
    ]
    # Without a file of consents nobody may be contacted.
    assert lines_only.query("select sum(members) from lists.list_catalog") == [(0,)]


def test_a_file_that_cannot_be_read_stops_the_run_before_anything_is_built(lines_only):
    project, published = lines_only.project, lines_only.published
    before = published.read_bytes()
    path = project.folder / "data/lines_only/order_lines.csv"
    path.write_text(path.read_text().replace("unit_price", "price", 1))
    with duckdb.connect(str(lines_only.warehouse)) as connection:
        connection.execute("drop table staging.stg_contract__order_lines_held")
    outcome = project.dbt("build", dataset="lines_only")
    assert not outcome.success
    assert outcome.failures == [
        "order_lines.csv has no column unit_price in its first line; rename or add it (the file "
        "has order_id, customer_id, ordered_at, product_id, product_name, quantity, price, "
        "status)."
    ]
    assert query(
        lines_only.warehouse,
        "select count(*) from duckdb_tables() where table_name = 'stg_contract__order_lines_held'",
    ) == [(0,)]
    assert published.read_bytes() == before
