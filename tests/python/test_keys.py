"""Keys as files have them: damaged by a spreadsheet, written in two ways, or of nobody known."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from conftest import REPO_ROOT

from targeted_lists.__main__ import main
from targeted_lists.check.command import open_models
from targeted_lists.check.model_sql import Models
from targeted_lists.cli.request import adapter_of, prepare

HEADER = "order_id,customer_id,ordered_at,product_id,quantity,unit_price\n"
SOUND = "O1,C1,2026-03-01,P1,1,2.00\n"
DAMAGED = ("4.47912E+11", "4,47912E+11", "4.47912e11", "4.47912E11", "4E+11", "7.9E+10")
CODES = ("12E3", "1E5", "1.5E3", "12.5E+3", "C4.47912E+11", "447912000111", "E+11", "4.2", "1-2")

Dataset = Callable[[dict[str, str]], Path]


@pytest.fixture(scope="module")
def models() -> Models:
    with duckdb.connect() as connection, pytest.MonkeyPatch.context() as patch:
        patch.chdir(REPO_ROOT)
        yield open_models(connection, {"dataset": "sample", "data_dir": "data"})


@pytest.fixture
def dataset(tmp_path: Path, monkeypatch) -> Dataset:
    """Return a function that writes the files of a dataset, in the folder to work in."""
    monkeypatch.chdir(tmp_path)

    def write(files: dict[str, str]) -> Path:
        folder = tmp_path / "data/shop"
        folder.mkdir(parents=True)
        for name, text in files.items():
            (folder / name).write_text(text, encoding="utf-8")
        return folder

    return write


@contextlib.contextmanager
def opened(variables: str = "{}"):
    """Open the models of the dataset in the folder."""
    given = prepare("shop", Path("data"), variables)
    with duckdb.connect() as connection:
        yield open_models(connection, {**given, "adapter": adapter_of(given)})


def rows(sql: str, variables: str = "{}") -> list[tuple]:
    """Return rows of models, built in memory."""
    with opened(variables) as models:
        return models.fetch(sql)


def made_of(models: Models, macro: str, *texts: str) -> list[object]:
    """Return what a macro makes of some texts."""
    value = models.render(f"{{{{ {macro}('written') }}}}")
    sql = f"select {value} from (select $1 as written)"
    return [models.connection.execute(sql, [text]).fetchone()[0] for text in texts]


@pytest.mark.parametrize("macro", ["customer_key", "phone_key", "name_key"])
def test_a_key_that_a_spreadsheet_damaged_is_nobody(models, macro):
    assert made_of(models, macro, *DAMAGED) == [None] * len(DAMAGED)


def test_a_code_that_looks_like_it_is_a_key(models):
    assert made_of(models, "customer_key", *CODES) == list(CODES)
    assert made_of(models, "is_damaged_key", *CODES) == [False] * len(CODES)


def test_zeros_are_nobody_and_others_are_not(models):
    assert made_of(models, "customer_key", "0", "000", "0.00", "00000000") == [None] * 4
    assert made_of(models, "customer_key", "000123", "0x1", "10", "1042.0") == [
        *("000123", "0x1", "10", "1042"),
    ]


def test_the_ways_to_write_a_phone_have_one_bare_key(models):
    phones = ("447912000111", "00447912000111", "00 44 7912 000-111", "(44) 7912\u00a0000111")
    (hashed,) = made_of(models, "customer_key", "+44 7912 000111")
    assert hashed.startswith("c_")
    assert set(made_of(models, "bare_key", *phones, hashed)) == {hashed}
    assert made_of(models, "bare_key", "000123", "123", "C0123", "1-2a") == [
        *("123", "123", "C0123", "1-2a"),
    ]


LINES = (
    f"{HEADER}{SOUND}"
    'O2,"4,47912E+11",2026-03-01,P1,1,2.00\n'
    "O3,4.47912E+11,2026-03-01,P1,-1,2.00\n"
    "O4,4E+11,2026-03-01,P1,1,many\n"
    "1.00025E+11,C1,2026-03-01,P1,1,2.00\n"
    "12E3,C1,2026-03-01,4.60701E+12,1,2.00\n"
)


def test_order_lines_with_damaged_keys_are_named(dataset):
    dataset({"order_lines.csv": LINES})
    found = rows(
        "select order_id, customer_id, decision, reason "
        "from {{ ref('int_order_lines_validated') }} order by source_row"
    )
    damaged = "customer_id was damaged by a spreadsheet"
    assert found == [
        ("O1", "C1", "accepted", "sale"),
        ("O2", None, "accepted", f"anonymous sale; {damaged}"),
        ("O3", None, "accepted", f"return; {damaged}"),
        ("O4", None, "rejected", 'unit_price "many" is not a number'),
        # Orders that were two would be one.
        ("1.00025E+11", "C1", "rejected", "order_id was damaged by a spreadsheet"),
        ("12E3", "C1", "accepted", "sale"),
    ]


def test_other_adapters_name_them_too(dataset):
    dataset(
        {
            "online_retail.csv": (
                "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
                "536365,85123A,HOLDER,6,12/1/2010 8:26,2.55,1.7850E+11,United Kingdom\n"
                "5.36366E+11,85123A,HOLDER,6,12/1/2010 8:26,2.55,17850,United Kingdom\n"
            )
        }
    )
    found = rows(
        "select customer_id, decision, reason from {{ ref('int_order_lines_validated') }} "
        "order by source_row",
        "{adapter: online_retail}",
    )
    assert found == [
        (None, "accepted", "anonymous sale; customer_id was damaged by a spreadsheet"),
        ("17850", "rejected", "order_id was damaged by a spreadsheet"),
    ]


OTHERS = {
    "order_lines.csv": HEADER + SOUND,
    "customers.csv": "customer_id,email\nC1,a@example.com\n4.47912E+11,b@example.com\n",
    "consents.csv": "customer_id,channel,status\nC1,email,granted\n4.47912E+11,email,withdrawn\n",
    "suppressions.csv": "customer_id\n4.47912e11\n",
    "erasures.csv": "customer_id\n4E+11\n",
    "products.csv": "product_id,unit_cost\nP1,1\n4.60701E+12,1\n",
    "campaign_contacts.csv": "campaign_id,customer_id\nspring,4.47912E+11\n",
    "site_activity.csv": "customer_id,period_start,visits\n4.47912E+11,2026-03-01,3\n",
}


def test_rows_of_every_other_input_with_a_damaged_key_are_rejected(dataset):
    dataset(OTHERS)
    found = dict(
        rows(
            "select input, string_agg(reason, ', ') from {{ ref('input_ledger') }} "
            "where decision = 'rejected' group by input"
        )
    )
    key = {"products": "product_id"}
    assert found == {
        input_name: f"{key.get(input_name, 'customer_id')} was damaged by a spreadsheet"
        for input_name in (Path(name).stem for name in OTHERS)
        if input_name != "order_lines"
    }
    alerts = rows(
        "select subject, value from {{ ref('key_alert_values') }} "
        "where check_name = 'damaged keys' and is_significant"
    )
    assert {subject for subject, _ in alerts} == set(found)
    assert {value for _, value in alerts} == {1}


def test_check_counts_damaged_keys_and_says_how_to_repair_them(dataset, capsys):
    dataset({**OTHERS, "order_lines.csv": LINES})
    assert main(["check", "--dataset", "shop"]) == 0
    told = capsys.readouterr().out.splitlines()
    repair = "; export the file again with that column as text."
    for counted, column, becomes in (
        ("2 rows of order_lines", "customer_id", "sold to nobody"),
        ("1 rows of order_lines", "order_id", "rejected"),
        ("1 rows of order_lines", "product_id", "sold under it, whichever products they were of"),
        ("1 rows of suppressions", "customer_id", "rejected"),
        ("1 rows of products", "product_id", "rejected"),
    ):
        assert (
            f"{counted} have a {column} that a spreadsheet damaged, such as 4.47912E+11, and are "
            f"{becomes}{repair}"
        ) in told


TWO_WAYS = (
    HEADER
    + "".join(
        f"O{number},{key},2026-03-01,P1,1,2.00\n"
        for number, key in enumerate(
            ["000123", "123", "447912000111", "+447912000111", "00447912000111", "C1", "1001"]
        )
    )
    + SOUND
)


def test_keys_in_two_ways_stay_two_customers_and_are_counted(dataset, capsys):
    dataset({"order_lines.csv": TWO_WAYS})
    found = rows("select count(*) from {{ ref('dim_customers') }}")
    assert found == [(7,)]
    assert rows("select key_count, customer_count from {{ ref('customer_keys_doubled') }}") == [
        (5, 2)
    ]
    assert main(["check", "--dataset", "shop"]) == 0
    told = capsys.readouterr().out
    assert "5 keys of customers differ from another only in leading zeros, plus or blanks" in told
    # The numbers in the sentence are made up, those of the file are in none.
    assert "1001" not in told


NAMED = {
    "order_lines.csv": TWO_WAYS,
    "consents.csv": (
        "customer_id,channel,status\n0123,email,withdrawn\nC1,email,granted\n"
        "bob@example.com,email,withdrawn\nC1,sms,granted\n"
    ),
    "suppressions.csv": "customer_id\n01001\n",
    "erasures.csv": "customer_id\n0001001\nC1\nC99\n",
}


def test_who_is_named_and_nowhere_else_is_counted(dataset, capsys):
    dataset(NAMED)
    assert rows("select * from {{ ref('customers_unknown') }} order by input") == [
        # Of erasures only a near miss can be told from one that was carried out; C1 is erased.
        ("consents", 2, 2, 1, 0, 0, 1, 0, 0, 0),
        ("erasures", 3, 1, 1, 0, 0, 0, 0, 0, 0),
        ("suppressions", 1, 1, 1, 0, 0, 0, 0, 0, 0),
    ]
    assert main(["check", "--dataset", "shop"]) == 0
    told = capsys.readouterr().out
    for sentence in (
        "2 of 2 customers in consents are in no order line, customer file or total, 1 of them but "
        "for leading zeros, plus or blanks; 1 e-mails of them are of nobody; see whether who is "
        "named is written there as in the other files.",
        "1 of 1 customers in suppressions are in no order line, customer file or total, 1 of them "
        "but for leading zeros, plus or blanks; see whether",
        "2 of 3 customers in erasures are in no order line, customer file or total, 1 of them but "
        "for leading zeros, plus or blanks; see whether",
    ):
        assert sentence in told


ALERTS = {
    "all is well": (
        {"order_lines.csv": HEADER + SOUND, "suppressions.csv": "customer_id\nC1\n"},
        {
            ("doubled keys", "customers"): "green",
            ("unknown customers", "suppressions"): "green",
        },
    ),
    "one of many": (
        {
            "order_lines.csv": HEADER + SOUND,
            "suppressions.csv": "customer_id\nC1\nC2\n",
            "customers.csv": "customer_id\n4.47912E+11\nC1\n01\n1\n",
        },
        {
            ("damaged keys", "customers"): "amber",
            ("doubled keys", "customers"): "amber",
            ("unknown customers", "suppressions"): "amber",
        },
    ),
    "most of a file": (
        {"order_lines.csv": HEADER + SOUND, "suppressions.csv": "customer_id\nC1\nC2\nC3\n"},
        {
            ("doubled keys", "customers"): "green",
            ("unknown customers", "suppressions"): "red",
        },
    ),
}


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize(("files", "expected"), ALERTS.values(), ids=ALERTS)
def test_an_alert_is_amber_from_one_and_red_for_most_of_a_file(files, expected, language, dataset):
    dataset(files)
    with opened(f"{{language: {language}}}") as models:
        models.build("key_alert_values")
        # The rules alone; the other values need a whole run.
        models.built.add("alert_values")
        models.connection.execute("create view alert_values as from key_alert_values")
        found = models.fetch(
            "select check_name, subject, severity, is_stopping, sentence from {{ ref('alerts') }}"
        )
    assert {(name, subject): severity for name, subject, severity, *_ in found} == expected
    assert not any(is_stopping for *_, is_stopping, _ in found)
    cyrillic = re.compile("[\u0430-\u044f]")
    assert {bool(cyrillic.search(row[-1])) for row in found} == {language == "ru"}
