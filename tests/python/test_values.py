"""Values as people write them: what each text is read as, by the macros that staging uses."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import duckdb
import pytest
from conftest import REPO_ROOT

from targeted_lists.check.model_sql import Models

D = Decimal


@pytest.fixture(scope="module")
def models() -> Models:
    with duckdb.connect() as connection, pytest.MonkeyPatch.context() as patch:
        patch.chdir(REPO_ROOT)
        yield Models(connection, {"dataset": "sample", "data_dir": "data"})


def read(models: Models, text: str, kind: str, **settings: str) -> object:
    """Return what a text is read as under some settings of dataset.yml."""
    quoted = text.replace("'", "''")
    sql = models.environment.from_string("{{ cast_text('written', kind, settings) }}").render(
        kind=kind, settings={"decimal": ".", **settings}
    )
    ((value,),) = models.connection.execute(
        f"select {sql} from (select '{quoted}' as written)"
    ).fetchall()
    return value


POINT = {
    "10.00": D("10"),
    "1,234.56": D("1234.56"),
    "$1,234.56": D("1234.56"),
    "€1.234,56": D("1234.56"),
    "1 234,56": D("1234.56"),
    "1\u00a0234,56": D("1234.56"),
    "10.00 EUR": D("10"),
    "USD 1,234.56": D("1234.56"),
    "(12.00)": D("-12"),
    "($1,234.56)": D("-1234.56"),
    "12.00-": D("-12"),
    "-$12.00": D("-12"),
    "$-12.00": D("-12"),
    "\u221212.00": D("-12"),
    "1,234,567": D("1234567"),
    "1'234.50": D("1234.50"),
    ".50": D("0.5"),
    "1 250 \u0440\u0443\u0431.": D("1250"),
    # What may be one of two numbers is none.
    "2,000": None,
    "10,50": D("10.5"),
    "1,23,456": None,
    "1.2.3": None,
    "abc": None,
    "1 pcs": None,
    "12:30": None,
    "(": None,
    "EUR": None,
    "1e400": None,
    "+44 20 7946 0958": None,
    "020 7946 0958": None,
    "12 34 567": None,
    "1 23": None,
    "- 12.00": D("-12"),
    "12.00 -": D("-12"),
}
COMMA = {
    "10,50": D("10.5"),
    "1.234,56": D("1234.56"),
    "1,234.56": D("1234.56"),
    "2,000": D("2"),
    "2'350,00": D("2350"),
    "1 250,50": D("1250.5"),
    "-10,50": D("-10.5"),
    "10,50 €": D("10.5"),
    "1.234.567": D("1234567"),
    "1.234": None,
    "10.50": D("10.5"),
}


@pytest.mark.parametrize(("text", "value"), POINT.items(), ids=POINT)
def test_money_is_read_with_a_point_before_decimals(models, text, value):
    assert read(models, text, "money") == value


@pytest.mark.parametrize(("text", "value"), COMMA.items(), ids=COMMA)
def test_money_is_read_with_a_comma_before_decimals(models, text, value):
    assert read(models, text, "money", decimal=",") == value


def test_one_mark_parts_thousands_where_the_dataset_says_so(models):
    assert read(models, "2,000", "money", thousands=",") == 2000
    assert read(models, "1.234", "money", decimal=",", thousands=".") == 1234


def test_a_quantity_has_no_currency(models):
    assert read(models, "1,234.5", "quantity") == D("1234.5")
    assert read(models, "10 EUR", "quantity") is None
    assert read(models, "1 PCS", "quantity") is None


DAY_FIRST = {"date_order": "day first", "time_zone": "+02:00"}
TIMES = {
    "2026-03-01": datetime(2026, 3, 1),
    "2026-03-01 10:00:00": datetime(2026, 3, 1, 10),
    "2026-03-01T10:00": datetime(2026, 3, 1, 10),
    "2026-03-01 10:00:00.250": datetime(2026, 3, 1, 10, 0, 0, 250000),
    "01/02/2026": datetime(2026, 2, 1),
    "13/02/2026 10:00": datetime(2026, 2, 13, 10),
    "9/6/2026 6:29:00": datetime(2026, 6, 9, 6, 29),
    "13.02.2026 10:00": datetime(2026, 2, 13, 10),
    "1.2.26": datetime(2026, 2, 1),
    "2026-03-07 24:00:00": datetime(2026, 3, 8),
    "02.03.2026 24:00:00": datetime(2026, 3, 3),
    "2026-03-01 00:30:00 +0200": datetime(2026, 3, 1, 0, 30),
    "2026-02-28T22:30:00Z": datetime(2026, 3, 1, 0, 30),
    "2026-02-28T22:30:00.000+00:00": datetime(2026, 3, 1, 0, 30),
    "2026-02-28 17:30:00 -0500": datetime(2026, 3, 1, 0, 30),
    "2026-03-01 06:00:00+05:30": datetime(2026, 3, 1, 2, 30),
    "2026-03-08 10:05:00 PM": datetime(2026, 3, 8, 22, 5),
    "2026-03-08 12:05 AM": datetime(2026, 3, 8, 0, 5),
    "13/02/2026 1:05 pm": datetime(2026, 2, 13, 13, 5),
    "46082": datetime(2026, 3, 1),
    "46082.5": datetime(2026, 3, 1, 12),
    "Mar 9, 2026": datetime(2026, 3, 9),
    "9 Mar 2026 10:30": datetime(2026, 3, 9, 10, 30),
    "20260301": datetime(2026, 3, 1),
    "12/31/2026": None,
    "2026": None,
    "123456": None,
    "yesterday": None,
    "infinity": None,
    "epoch": None,
    "0001-01-01": None,
}


@pytest.mark.parametrize(("text", "value"), TIMES.items(), ids=TIMES)
def test_a_time_is_read_as_it_is_written(models, text, value):
    assert read(models, text, "timestamp", **DAY_FIRST) == value


def test_the_order_of_day_and_month_is_never_guessed_from_one_value(models):
    assert read(models, "01/02/2026", "timestamp") is None
    assert read(models, "01/02/2026", "timestamp", date_order="month first") == datetime(
        2026, 1, 2
    )
    # Points are written by those who put the day first.
    assert read(models, "01.02.2026", "timestamp", date_order="month first") == datetime(
        2026, 2, 1
    )


@pytest.mark.parametrize(
    ("zone", "shown"),
    [
        ("Europe/Berlin", datetime(2026, 7, 1, 14)),
        ("America/New_York", datetime(2026, 7, 1, 8)),
        ("+03:00", datetime(2026, 7, 1, 15)),
        ("-03:30", datetime(2026, 7, 1, 8, 30)),
        ("UTC", datetime(2026, 7, 1, 12)),
    ],
)
def test_an_instant_is_shown_on_the_clocks_of_the_shop(models, zone, shown):
    for text in ("2026-07-01T12:00:00Z", "2026-07-01 14:00:00 +0200", "2026-07-01 12:00 UTC"):
        assert read(models, text, "timestamp", time_zone=zone) == shown
    # A clock that says no zone is the shop's already.
    assert read(models, "2026-07-01 12:00:00", "timestamp", time_zone=zone) == datetime(
        2026, 7, 1, 12
    )


def test_without_a_zone_an_offset_leaves_the_clock(models):
    assert read(models, "2026-07-01 14:00:00 +0200", "timestamp") == datetime(2026, 7, 1, 14)
