"""Order exports: read as they are, by stated rules, into the same tables as the contract's files.

Two datasets are built: the sample in the layout of an export, and a folder of hand-written files
in which each order is one case of a rule.
"""

# ruff: noqa: RUF001 - the layout is written in Russian.

from __future__ import annotations

import contextlib
import csv
import hashlib
import io
import json
import re
import shutil
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
import yaml
from conftest import REPO_ROOT, Build, Project

from targeted_lists.check.command import check_dataset
from targeted_lists.cli.request import NAMED_ADAPTERS
from targeted_lists.inputs.layouts import layout_of
from targeted_lists.inputs.quotes import OPEN_QUOTE, fix_quotes
from targeted_lists.inputs.raw_files import describe_inputs_json
from targeted_lists.sample import generate_sample, render_order_export
from targeted_lists.sample.order_export import code_phone, fit_code_page
from targeted_lists.saved.salt import PUBLIC_SALT, keep_salt

CONFIG = yaml.safe_load((REPO_ROOT / "dbt_project.yml").read_text())
# With the project's own tests of what is built here, and of nothing else.
CORE = (
    *("build", "--indirect-selection", "cautious"),
    *("--select", "+tag:core", "private", "staging"),
)
CODE_PAGE = "cp1251"
HEADER = next(
    csv.reader(
        [
            "Дата;ДатаДоставки;НомерЗаказаНаСайте;НовыйСтатус;СуммаЗаказаНаСайте;СуммаДокумента;"
            "МетодДоставки;ФормаОплаты;Регион;Группа2;Группа3;Группа4;Тип;Номенклатура;ТипТовара;"
            "Отменено;ПричинаОтмены;Количество;Цена;СуммаСтроки;ЦенаЗакупки;МесяцДатыЗаказа;"
            "ГодДатыЗаказа;ПВЗ_код;Статус;Гео;Маржа;СуммаУслуг;СуммаДоставки;НомерСтроки;"
            "КоличествоПроданоКлиенту;ДатаЗаказаНаСайте;Телефон_new;ЭлектроннаяПочта_new;Клиент;ID_SKU;"
            "ГородМагазина;МагазинЗаказа"
        ],
        delimiter=";",
    )
)


def hash_phone(phone: str) -> str:
    return "c_" + hashlib.md5(f"{PUBLIC_SALT}{phone}".encode()).hexdigest()


# --- the sample, through both adapters -------------------------------------------------


@pytest.fixture(scope="module")
def both(project: Project, sample_build: Build, tmp_path_factory) -> duckdb.DuckDBPyConnection:
    """The two working databases of the sample: `contract` and `export`.

    An export names no erasures: whom the sample's file erases is nobody in it from the start.
    """
    sample = generate_sample()
    lines = sample.inputs["order_lines"]
    erased = lines["customer_id"].isin(sample.inputs["erasures"]["customer_id"])
    assert erased.any()
    lines.loc[erased, "customer_id"] = "0"
    render_order_export(sample, project.folder / "data" / "order_export")
    keep_salt("order_export", PUBLIC_SALT, folder=project.folder / "state")
    outcome = project.dbt(*CORE, dataset="order_export")
    assert outcome.success, "\n".join(outcome.failures)
    with duckdb.connect() as connection:
        for name, dataset in (("contract", "sample"), ("export", "order_export")):
            path = project.warehouse(dataset)
            connection.execute(f"attach '{path}' as {name} (read_only)")
        connection.create_function(
            "export_key", lambda key: hash_phone(code_phone(key)), ["varchar"], "varchar"
        )
        connection.create_function("fit_code_page", fit_code_page, ["varchar"], "varchar")
        yield connection


def differences(both: duckdb.DuckDBPyConnection, contract: str, export: str) -> list[tuple]:
    """Return the rows that one query of the two has more often than the other."""
    return both.execute(
        f"""
        (select 'contract', * from ({contract} except all {export}))
        union all
        (select 'export', * from ({export} except all {contract}))
        """
    ).fetchall()


def column_names(both: duckdb.DuckDBPyConnection, table: str, *, leave_out: set[str]) -> str:
    rows = both.execute(
        """
        select column_name from duckdb_columns()
        where database_name = 'contract' and schema_name = 'core' and table_name = ?
        order by column_index
        """,
        [table],
    ).fetchall()
    assert rows
    return ", ".join(name for (name,) in rows if name not in leave_out)


# What an export carries of these three differs from the contract's own by rule.
PLACES = {"customer_id", "channel", "city"}
CONTRACT_PLACES = """
    export_key(customer_id) as customer_id,
    case when channel = 'store' then 'store' when channel <> '' then 'internet' end as channel,
    case when channel = 'store' then city end as city
"""


@pytest.mark.parametrize("table", ["fct_order_lines", "fct_orders"])
def test_facts_are_the_same(both, table):
    columns = column_names(both, table, leave_out=PLACES)
    assert not differences(
        both,
        f"select {columns}, {CONTRACT_PLACES} from contract.core.{table}",
        f"select {columns}, customer_id, channel, city from export.core.{table}",
    )
    (rows,) = both.execute(f"select count(*) from export.core.{table}").fetchone()
    assert rows > 15_000


def test_products_are_the_same(both):
    columns = "category_1, category_2, category_3, is_service, first_sold_at, last_sold_at"
    assert not differences(
        both,
        f"select product_id, fit_code_page(product_name), {columns} "
        "from contract.core.dim_products where first_sold_at is not null",
        f"select product_id, product_name, {columns} from export.core.dim_products",
    )


def test_customers_are_the_same(both):
    assert not differences(
        both,
        "select export_key(customer_id), has_orders, first_seen_at "
        "from contract.core.dim_customers where has_orders",
        "select customer_id, has_orders, first_seen_at from export.core.dim_customers",
    )


def test_contacts_are_the_same_where_both_know_the_customer(both):
    rows = both.execute(
        """
        select contract.email, export.email, contract.phone, export.phone
        from contract.private.customer_contacts as contract
        join export.private.customer_contacts as export
            on export_key(contract.customer_id) = export.customer_id
        """
    ).fetchall()
    assert len(rows) > 2_900
    assert [row for row in rows if row[0] != row[1] or row[2] != row[3]] == []


def test_each_raw_line_has_the_same_decision(both):
    """Only what a text that will not cast is called differs: by its column, and its comma."""
    assert not differences(
        both,
        *(
            f"""
            select source_row, decision, amount,
                case when reason like '% is not a %' then 'will not cast' else reason end
            from {name}.core.order_line_ledger
            """
            for name in ("contract", "export")
        ),
    )
    reasons = both.execute("select distinct reason from export.core.order_line_ledger").fetchall()
    assert {
        ("service: delivery",),
        ("service: gift wrapping",),
        ("identical to an earlier line",),
        ("more fields than the header",),
        ("fewer fields than the header",),
        ('unit_price "12,9,9" is not a number',),
    } <= set(reasons)


def test_stated_margins_agree_with_ours(both):
    (rows,) = both.execute(
        "select count(*) from export.staging.stg_order_export__margin_differences"
    ).fetchone()
    assert rows == 0


def test_no_contact_is_in_what_readers_get(both):
    tables = both.execute(
        "select table_name, column_name from duckdb_columns() where database_name = 'export' "
        "and schema_name = 'core' and data_type = 'VARCHAR'"
    ).fetchall()
    assert len(tables) > 30
    found = [
        (table, column)
        for table, column in tables
        if both.execute(
            f"""
            select count(*) from export.core.{table}
            where regexp_matches("{column}", '@example|790000|^[+]1[0-9]{{10}}')
            """
        ).fetchone()
        != (0,)
    ]
    assert found == []


def test_writer_is_deterministic_and_keeps_to_the_layout(tmp_path):
    sample = generate_sample(customers=500)
    sample.inputs["order_lines"].loc[0, ["quantity", "unit_price", "discount"]] = [
        "3",
        "1878.50",
        "",
    ]
    first, second = (render_order_export(sample, tmp_path / name) for name in "ab")
    assert first.read_bytes() == second.read_bytes()
    rows = list(csv.reader(io.StringIO(first.read_bytes().decode(CODE_PAGE)), delimiter=";"))
    assert rows[0] == HEADER
    assert len(rows) == len(sample.inputs["order_lines"]) + 1
    first_line = dict(zip(HEADER, rows[1], strict=True))
    assert first_line["Цена"] == "1\u00a0878,50"
    assert first_line["СуммаСтроки"] == "5\u00a0635,50"
    assert re.fullmatch(r"\d\d\.\d\d\.\d{4} \d\d:\d\d:\d\d", first_line["Дата"])


# --- rules, one case an order ----------------------------------------------------------

SOUND = {
    "Дата": "01.03.2025 10:07:00",
    "ДатаДоставки": "01.03.2025 18:00:00",
    "НовыйСтатус": "Доставлен",
    "МетодДоставки": "курьер",
    "ФормаОплаты": "карта",
    "Регион": "Московская область",
    "Группа2": "Кухня",
    "Тип": "Обычный",
    "Номенклатура": "Чайник",
    "ТипТовара": "Товар",
    "Отменено": "Нет",
    "Количество": "2",
    "Цена": "50,00",
    "СуммаСтроки": "100,00",
    "ЦенаЗакупки": "30,00",
    "ПВЗ_код": "0",
    "Статус": "Принят",
    "Гео": "Россия",
    "Маржа": "40,00",
    "НомерСтроки": "1",
    "КоличествоПроданоКлиенту": "2",
    "ДатаЗаказаНаСайте": "01.03.2025 10:00:00",
    "Телефон_new": "79995550001",
    "ЭлектроннаяПочта_new": "a@example.com",
    "Клиент": "Иванов Иван",
    "ID_SKU": "P1",
    "ГородМагазина": "Москва",
    "МагазинЗаказа": "Тверская",
}
NO_STATUS = {"НовыйСтатус": "", "Статус": ""}
NO_CUSTOMER = {"decision": "accepted", "customer_id": None, "reason": "anonymous sale"}
AT_NOON = {"ordered_at": datetime(2025, 3, 1, 12)}

# Case -> what differs from a sound line, what is expected of its staged line, fact and ledger.
CASES = {
    "sound line": (
        {},
        {
            "customer_id": hash_phone("79995550001"),
            "amount": 100,
            "placed_margin": 40,
            "bought_units": 2,
            "is_placed": True,
            "is_bought": True,
            "country": "Россия",
            "category_1": "Кухня",
            "delivery_method": "курьер",
        },
    ),
    # Status.
    "cancelled by the flag, though delivered": (
        {"Отменено": "Да"},
        {"status": "cancelled", "is_placed": False, "is_bought": False, "reason": "cancelled"},
    ),
    "cancelled by the status alone": (
        {"НовыйСтатус": "ОТМЕНЁН"},
        {"status": "cancelled", "is_placed": False},
    ),
    "delivered in spite of a reason for cancellation": (
        {"ПричинаОтмены": "передумал"},
        {"status": "placed", "is_placed": True, "is_bought": False, "delivered_at": None},
    ),
    "reason 0 is none": ({"ПричинаОтмены": "0"}, {"status": "delivered", "is_bought": True}),
    "empty flag": ({"Отменено": ""}, {"status": "delivered"}),
    "old status where there is no new one": (
        {"НовыйСтатус": "", "Статус": "выдан"},
        {"status": "delivered"},
    ),
    "no status, delivered": (NO_STATUS, {"status": "delivered"}),
    "no status, not delivered": (NO_STATUS | {"ДатаДоставки": ""}, {"status": "placed"}),
    "date of delivery that is a plan": (
        {"НовыйСтатус": "В пути"},
        {"status": "placed", "delivered_at": None, "is_bought": False},
    ),
    "returned": ({"НовыйСтатус": "Возврат"}, {"status": "returned", "is_bought": False}),
    "unknown status": (
        {"НовыйСтатус": "На Луне"},
        {"decision": "rejected", "reason": 'status "на луне" is unknown'},
    ),
    "unknown flag": (
        {"Отменено": "может быть"},
        {"decision": "rejected", "reason": 'is_cancelled "может быть" is not a yes or no'},
    ),
    # Dates.
    "date of the document where the site has none": (
        {"ДатаЗаказаНаСайте": ""},
        {"ordered_at": datetime(2025, 3, 1, 10, 7)},
    ),
    "date without seconds": ({"ДатаЗаказаНаСайте": "01.03.2025 12:00"}, AT_NOON),
    "date in ISO": ({"ДатаЗаказаНаСайте": "2025-03-01 12:00:00"}, AT_NOON),
    "date without time": (
        {"ДатаЗаказаНаСайте": "01.03.2025"},
        {"ordered_at": datetime(2025, 3, 1)},
    ),
    "date with month first": (
        {"ДатаЗаказаНаСайте": "03.31.2025"},
        {"decision": "rejected", "reason": 'site_ordered_at "03.31.2025" is not a date'},
    ),
    "date with a year of two digits": (
        {"ДатаЗаказаНаСайте": "01.03.25"},
        {"decision": "rejected", "reason": 'site_ordered_at "01.03.25" is not a date'},
    ),
    # Numbers.
    "thousands by an ordinary space": (
        {"Цена": "1 878,50", "СуммаСтроки": "", "Маржа": ""},
        {"unit_price": Decimal("1878.5"), "amount": 3757},
    ),
    "thousands by no-break spaces": (
        {"Цена": "1\u00a0001\u00a0878,5", "СуммаСтроки": "", "Маржа": ""},
        {"unit_price": Decimal("1001878.5")},
    ),
    "number with two commas": (
        {"Цена": "1,878,50"},
        {"decision": "rejected", "reason": 'unit_price "1,878,50" is not a number'},
    ),
    "margin that is no number": (
        {"Маржа": "#ДЕЛ/0!"},
        {"decision": "accepted", "placed_margin": 40},
    ),
    "margin that is wrong": ({"Маржа": "70,00"}, {"decision": "accepted", "placed_margin": 40}),
    "margin that is a cent off": (
        {"Маржа": "40,01"},
        {"decision": "accepted", "placed_margin": 40},
    ),
    # Money.
    "line sum below price x quantity": (
        {"СуммаСтроки": "90,00", "Маржа": ""},
        {"discount": 10, "amount": 90, "placed_margin": 30},
    ),
    "line sum above price x quantity": (
        {"СуммаСтроки": "103,00", "Маржа": ""},
        {"discount": -3, "amount": 103},
    ),
    "no line sum": ({"СуммаСтроки": ""}, {"discount": 0, "amount": 100}),
    "no price": (
        {"Цена": "", "Количество": "3", "Маржа": ""},
        {"unit_price": Decimal("33.3333"), "amount": 100},
    ),
    "gift": (
        {"Цена": "0", "СуммаСтроки": "0,00", "Маржа": ""},
        {"decision": "accepted_not_modelled", "reason": "price zero"},
    ),
    "return": (
        {"Количество": "-2", "СуммаСтроки": "-90,00", "Маржа": "", "ID_SKU": "P2"},
        {"amount": -90, "refund": 90, "return_match": "no earlier sale"},
    ),
    "return with a positive sum": (
        {"Количество": "-2", "СуммаСтроки": "90,00", "Маржа": "", "ID_SKU": "P2"},
        {"amount": -90},
    ),
    # What the customer took.
    "part of it sold": (
        {"КоличествоПроданоКлиенту": "1"},
        {
            "placed_units": 2,
            "bought_units": 1,
            "bought_revenue": 50,
            "bought_margin": 20,
            "returned_quantity": 1,
            "is_bought": True,
        },
    ),
    "part of it sold to nobody known": (
        {"КоличествоПроданоКлиенту": "1", "Телефон_new": "0"},
        {"bought_units": 1, "customer_id": None},
    ),
    "nothing of it sold": (
        {"КоличествоПроданоКлиенту": "0"},
        {"placed_units": 2, "bought_units": 0, "is_placed": True, "is_bought": False},
    ),
    "sold is not said": ({"КоличествоПроданоКлиенту": ""}, {"bought_units": 2}),
    # Customers.
    "phone as it is spoken": (
        {"Телефон_new": "+7 (999) 555-00-01"},
        {"customer_id": hash_phone("79995550001")},
    ),
    "coded phone before the phone": (
        {"Клиент": "AB-17"},
        {"customer_id": hash_phone("ab17")},
    ),
    "phone damaged by a spreadsheet": (
        {"Телефон_new": "7,99956E+10"},
        NO_CUSTOMER | {"reason": "anonymous sale; customer_id was damaged by a spreadsheet"},
    ),
    "phone zero": ({"Телефон_new": "0"}, NO_CUSTOMER),
    "phone empty": ({"Телефон_new": ""}, NO_CUSTOMER),
    "phone without a digit": ({"Телефон_new": "нет"}, NO_CUSTOMER),
    # Places.
    "internet delivery": ({"ГородМагазина": "0"}, {"channel": "internet", "city": None}),
    "store": ({}, {"channel": "store", "city": "Москва"}),
    "no city": ({"ГородМагазина": ""}, {"channel": None, "city": None}),
    "pick-up point without a method": (
        {"МетодДоставки": "", "ПВЗ_код": "MSK-12"},
        {"delivery_method": "pick-up point"},
    ),
    # Services.
    "delivery": (
        {"Тип": "доставка", "ТипТовара": "Услуга"},
        {"decision": "accepted_not_modelled", "reason": "service: delivery", "is_placed": False},
    ),
    "service by the type of the product": (
        {"ТипТовара": "УСЛУГА"},
        {"decision": "accepted_not_modelled", "reason": "service: other"},
    ),
}

# What follows the cases in the file: text, and what the ledger says.
DAMAGED = {
    "line break in a name": ('"Чайник\r\nэлектрический"', "accepted", "sale"),
    "quotes in a name": ('"ООО ""Чайник"""', "accepted", "sale"),
    "quote that is not closed": (
        '"Чайник',
        "rejected",
        "a quote that is opened and not closed",
    ),
    "delimiter in a name": ("Чайник;синий", "rejected", "more fields than the header"),
}


def order_of(case: str) -> str:
    return case.replace(" ", "-")


def fields_of(case: str, **changes: str) -> dict[str, str]:
    return dict.fromkeys(HEADER, "") | SOUND | {"НомерЗаказаНаСайте": order_of(case)} | changes


def text_of(header: list[str], rows: list[dict[str, str]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, header, delimiter=";", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


@pytest.fixture(scope="module")
def shop(project: Project) -> duckdb.DuckDBPyConnection:
    """A folder with three files of the export, built as far as core; its working database."""
    folder = project.folder / "data" / "export_shop"
    (folder / "order_export").mkdir(parents=True)
    cases = [fields_of(case, **changes) for case, (changes, _) in CASES.items()]
    (folder / "order_export_2025-03.csv").write_bytes(text_of(HEADER, cases).encode(CODE_PAGE))
    head, *_ = text_of(HEADER, []).splitlines(keepends=True)
    damaged = [
        ";".join((fields_of(case) | {"Номенклатура": text}).values()) + "\r\n"
        for case, (text, *_) in DAMAGED.items()
    ]
    cut = ";".join(fields_of("cut").values())
    (folder / "order_export_2025-04.csv").write_bytes(
        "".join([head, head, *damaged, cut[: cut.index("79995550001")]]).encode(CODE_PAGE)
    )
    # Another order of columns, further ones, known ones missing, and another code page.
    header = ["Комментарий", *reversed([name for name in HEADER if name != "Маржа"])]
    changes = {"Цена": "1\u202f050,00", "ДатаЗаказаНаСайте": "05.05.2025"}
    other = {**fields_of("utf-8", **changes), "Комментарий": "срочно"}
    del other["Маржа"]
    (folder / "order_export" / "may.csv").write_text(
        text_of(header, [other]), encoding="utf-8", newline=""
    )
    keep_salt("export_shop", PUBLIC_SALT, folder=project.folder / "state")
    # One e-mail stands in all lines, and what is tested here is which key each of them gets.
    outcome = project.dbt(*CORE, dataset="export_shop", adapter="order_export", identity="key")
    assert outcome.success, "\n".join(outcome.failures)
    with duckdb.connect(str(project.warehouse("export_shop")), read_only=True) as connection:
        yield connection


@pytest.mark.parametrize("case", CASES)
def test_line_is_read_by_the_rule(shop, case):
    found = shop.execute(
        """
        select lines.*, facts.* exclude (order_line_id), staged.line_service
        from intermediate.int_order_lines_validated as lines
        join staging.stg_order_export__order_lines as staged using (source_file, source_row)
        left join core.fct_order_lines as facts using (order_line_id)
        where lines.order_id = ?
        """,
        [order_of(case)],
    )
    names = [name for name, *_ in found.description]
    (values,) = found.fetchall()
    row = dict(zip(names, values, strict=True))
    _, expected = CASES[case]
    assert {name: row[name] for name in expected} == expected


def test_margins_that_differ_by_more_than_a_cent_are_listed(shop):
    rows = shop.execute(
        "select order_id, stated_margin_text, margin "
        "from staging.stg_order_export__margin_differences order by all"
    ).fetchall()
    assert rows == [
        ("margin-that-is-no-number", "#ДЕЛ/0!", 40),
        ("margin-that-is-wrong", "70,00", 40),
    ]


def test_damaged_rows_are_read_right_or_named(shop):
    rows = shop.execute(
        "select source_row, decision, reason from core.order_line_ledger "
        "where source_file = 'order_export_2025-04.csv' order by source_row"
    ).fetchall()
    assert rows == [
        (1, "rejected", "the header again"),
        *(
            (number, decision, reason)
            for number, (_, decision, reason) in enumerate(DAMAGED.values(), start=2)
        ),
        (len(DAMAGED) + 2, "rejected", "fewer fields than the header"),
    ]
    (name,) = shop.execute(
        "select product_name from staging.stg_order_export__order_lines where order_id = ?",
        [order_of("quotes in a name")],
    ).fetchone()
    assert name == 'ООО "Чайник"'


def test_utf8_file_with_other_columns_is_read_right_without_being_told(shop):
    row = shop.execute(
        "select source_file, product_name, region, unit_price, city "
        "from staging.stg_order_export__order_lines where order_id = 'utf-8'"
    ).fetchone()
    expected = ("order_export/may.csv", "Чайник", "Московская область", 1050, "Москва")
    assert row == expected


def test_customer_is_told_by_the_latest_line(shop):
    rows = shop.execute(
        "select email, phone from private.customer_contacts where customer_id = ?",
        [hash_phone("ab17")],
    ).fetchall()
    assert rows == [("a@example.com", "79995550001")]


def test_check_reads_an_export(project, shop, capsys):
    with contextlib.chdir(project.folder):
        assert check_dataset(Path("data"), "export_shop", "order_export").is_done
    shown = capsys.readouterr().out
    assert f"{len(CASES) + len(DAMAGED) + 3} " in shown
    assert "комментарий" in shown
    assert shown.splitlines()[-1].startswith("Ready")


# --- files that cannot be read, and what names them -------------------------------------


@pytest.fixture
def describe(tmp_path, monkeypatch):
    """Return a function that describes a folder of one file, in a copy of the seed's folder."""
    seeds = tmp_path / "seeds"
    seeds.mkdir()
    seed = REPO_ROOT / "seeds" / "order_export_columns.csv"
    (seeds / seed.name).write_bytes(seed.read_bytes())
    # What makes the folder that of a project, whose seeds count.
    shutil.copyfile(REPO_ROOT / "dbt_project.yml", tmp_path / "dbt_project.yml")
    folder = tmp_path / "data" / "shop"
    folder.mkdir(parents=True)
    monkeypatch.chdir(tmp_path)

    def describe(content: bytes, settings: str = "") -> dict:
        (folder / "order_export.csv").write_bytes(content)
        if settings:
            (folder / "dataset.yml").write_text(settings, encoding="utf-8")
        contract = json.dumps(CONFIG["vars"]["input_contract"])
        return json.loads(describe_inputs_json(contract, "data", "shop", "order_export"))

    return describe


EXPORT = text_of(HEADER, [fields_of("one")])


def test_wrong_delimiter_is_named_with_its_fix(describe):
    error = describe(EXPORT.replace(";", ",").encode(CODE_PAGE))["error"]
    assert "order_export.csv has one column at the delimiter ';'" in error
    assert "set `delimiter` in dataset.yml" in error
    assert "НомерЗаказаНаСайте" in error


def test_delimiter_and_decimal_mark_can_be_set(describe):
    found = describe(
        EXPORT.replace(";", "\t").encode(CODE_PAGE), 'delimiter: "\\t"\ndecimal: "."\n'
    )
    assert found["error"] is None
    assert found["settings"] == {
        **found["settings"],
        "delimiter": "\t",
        "decimal": ".",
        "encoding": CODE_PAGE,
    }


@pytest.mark.parametrize("encoding", ["koi8-r", "cp866", "mac_cyrillic"])
def test_another_code_page_is_refused_until_it_is_named(describe, encoding):
    error = describe(EXPORT.encode(encoding))["error"]
    assert "has no column НомерЗаказаНаСайте in its first line" in error
    assert "cp1251" in error
    assert "name `encoding` in dataset.yml" in error
    found = describe(EXPORT.encode(encoding), f"encoding: {encoding}\n")
    assert found["error"] is None
    assert Path(found["files"][0]["path"]).read_text(encoding="utf-8") == EXPORT.replace(
        "\r\n", "\n"
    )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_utf8_is_read_where_it_lies(describe, encoding):
    found = describe(EXPORT.encode(encoding))
    assert found["error"] is None
    assert Path(found["files"][0]["path"]) == Path("data/shop/order_export.csv").absolute()
    assert found["files"][0]["columns"] == HEADER


def test_utf16_is_refused_until_it_is_named(describe):
    assert "name its `encoding` in dataset.yml" in describe(EXPORT.encode("utf-16"))["error"]
    assert describe(EXPORT.encode("utf-16"), "encoding: utf-16\n")["error"] is None


def test_header_alone_is_no_error(describe):
    assert describe(text_of(HEADER, []).encode(CODE_PAGE))["error"] is None


def test_missing_column_is_named_as_the_export_calls_it(describe):
    error = describe(EXPORT.replace("ID_SKU", "Артикул").encode(CODE_PAGE))["error"]
    assert "has no column ID_SKU in its first line; rename or add it" in error


def test_columns_are_renamed_by_rows_of_the_seed(describe):
    seed = Path("seeds") / "order_export_columns.csv"
    seed.write_text(seed.read_text(encoding="utf-8") + "Артикул,product_id\n", encoding="utf-8")
    renamed = EXPORT.replace("ID_SKU", "артикул")
    found = describe(renamed.encode(CODE_PAGE))
    assert found["error"] is None
    (file,) = found["files"]
    assert file["names"][file["columns"].index("артикул")] == "product_id"
    both = EXPORT.replace("МагазинЗаказа", "Артикул")
    assert "has the column ID_SKU twice" in describe(both.encode(CODE_PAGE))["error"]


@pytest.mark.parametrize("chunk", [1, 7, 64, 1 << 20])
def test_text_is_copied_alike_whatever_the_size_of_a_block(describe, monkeypatch, chunk):
    """Blocks whose quotes are in order are copied whole, others line by line."""
    names = ["Чайник", '"Чай;ник"', '"два\r\nряда"', '"открыт', '24" экран', '"ООО ""Чай"""']
    rows = [
        ";".join((fields_of("block") | {"Номенклатура": name}).values()) + "\r\n"
        for name in names * 3
    ]
    text = text_of(HEADER, []) + "".join(rows)
    monkeypatch.setattr("targeted_lists.inputs.readable.CHUNK", chunk)
    path = Path(describe(text.encode(CODE_PAGE))["files"][0]["path"])
    copied = path.read_bytes().decode()
    assert copied == "".join(fix_quotes(io.StringIO(text, newline=""), ";"))
    assert copied.count(OPEN_QUOTE) == 3


# --- names that stand in several places ------------------------------------------------


def test_adapters_are_named_alike_wherever_they_must_be():
    """YAML of dbt cannot call a macro, and Python reads no Jinja: so each names them."""
    folders = {path.name for path in (REPO_ROOT / "models/staging").iterdir() if path.is_dir()}
    assert set(NAMED_ADAPTERS) == folders - {"contract"}
    for name in folders:
        switch = CONFIG["models"]["targeted_lists"]["staging"][name]["+enabled"]
        assert switch.endswith(f"== '{name}' }}}}")
    files = [REPO_ROOT / "dbt_project.yml"]
    for folder in ("macros", "models", "tests"):
        files += [*(REPO_ROOT / folder).rglob("*.sql"), *(REPO_ROOT / folder).rglob("*.yml")]
    named = {
        (path.name, tuple(re.findall(r"\w+", names)))
        for path in files
        for names in re.findall(r"in \[([^]]*)\] else 'contract'", path.read_text("utf-8"))
    }
    assert "dbt_project.yml" in {name for name, _ in named}
    assert {names for _, names in named} == {NAMED_ADAPTERS}
    facts = (REPO_ROOT / "macros/inputs/adapter_facts.sql").read_text(encoding="utf-8")
    assert set(re.findall(r"^        '(\w+)': {", facts, flags=re.MULTILINE)) == folders


@pytest.mark.parametrize("adapter", ["contract", *NAMED_ADAPTERS])
def test_every_adapter_has_a_layout(adapter, monkeypatch):
    monkeypatch.chdir(REPO_ROOT)
    assert layout_of(adapter, CONFIG["vars"]["input_contract"]).inputs
