"""`check` predicts what a run does, by the run's own rules, and what to do about it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from conftest import PROJECT_FILES, Build, Project, copy_project

from targeted_lists.__main__ import main
from targeted_lists.check.command import again, open_models
from targeted_lists.check.forecast import LINES, OTHERS, Forecast, make_forecast

HEADER = "order_id,customer_id,ordered_at,product_id,quantity,unit_price,status"
LINES_CSV = f"{HEADER}\n" + "".join(
    f"O{n},C{n % 5},2025-01-{n + 1:02},P1,1,2.00,delivered\n" for n in range(20)
)
CUSTOMERS = "customer_id,email,phone\nC0,a@example.com,\nC1,A@Example.com,\nC2,b@example.com,\n"
CONSENTS = "customer_id,channel,status\nC0,email,granted\nC9,email,granted\nC1,email,granted\n"
WHOLE = {"order_lines.csv": LINES_CSV, "customers.csv": CUSTOMERS, "consents.csv": CONSENTS}


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A copy of the project in which nothing was ever run."""
    return copy_project(
        tmp_path_factory.mktemp("forecast"), [one for one in PROJECT_FILES if one != "data/sample"]
    )


@pytest.fixture
def check(fresh, capsys) -> Callable[..., tuple[int, list[str]]]:
    """Return a function that checks a dataset of some files: exit code and printed lines."""

    def run(files: dict[str, str], *options: str) -> tuple[int, list[str]]:
        folder = fresh.folder / "data" / "shop"
        folder.mkdir(parents=True, exist_ok=True)
        for path in folder.iterdir():
            path.unlink()
        for name, text in files.items():
            (folder / name).write_text(text, encoding="utf-8")
        with contextlib.chdir(fresh.folder):
            code = main(["check", "--dataset", "shop", *options])
        return code, capsys.readouterr().out.splitlines()

    return run


def forecast_sample(folder: Path, **variables: object) -> Forecast:
    with contextlib.chdir(folder), duckdb.connect() as connection:
        return make_forecast(
            open_models(
                connection,
                {"dataset": "sample", "data_dir": "data", "adapter": "contract"} | variables,
            )
        )


def test_a_run_decides_on_every_row_as_was_predicted(sample_build: Build):
    """On the sample: the same rows, reasons and money as in the ledgers of a run of dbt."""
    found = forecast_sample(sample_build.project.folder)
    ledger = LINES.replace("{{ ref('int_order_lines_validated') }}", "core.order_line_ledger")
    others = OTHERS.replace("{{ ref('input_ledger') }}", "core.input_ledger")
    shown = ("decision", "decision::varchar as decision")
    assert [row[:4] for row in found.lines] == [
        row[:4] for row in sample_build.query(ledger.replace(*shown, 1))
    ]
    assert found.others == sample_build.query(others.replace(*shown, 1))
    assert len(found.lines) > 10
    assert len({row[0] for row in found.others}) == 13


def test_reasons_are_predicted_in_the_language_of_the_run(fresh, repo_root):
    english, russian = (forecast_sample(repo_root, language=one) for one in ("en", "ru"))
    assert [row[2:] for row in russian.lines if row[0] == "accepted"] == [
        row[2:] for row in english.lines if row[0] == "accepted"
    ]
    assert {row[1] for row in russian.lines} & {"продажа"}


def test_a_whole_dataset_is_ready_and_the_next_command_stands_there(check):
    code, lines = check(WHOLE)
    assert code == 0
    assert lines[-1] == "Ready: targeted-lists lists --dataset shop"
    text = "\n".join(lines)
    assert "│ accepted │ sale   │    20 │ 100.0% │  40.00 │" in text
    assert "1 of 3 customers in consents are in no order line, customer file or total." in lines
    belong = "2 keys of customers belong to 1 persons, by e-mail, phone or customer_links; "
    assert belong in text


def test_the_next_command_has_what_was_given(check, fresh):
    code, lines = check(WHOLE, "--data-dir", "data", "--vars", "{as_of_date: 2025-03-01}")
    assert code == 0
    assert (
        lines[-1] == "Ready: targeted-lists lists --dataset shop --vars '{as_of_date: 2025-03-01}'"
    )


def test_a_command_is_quoted_for_the_shell():
    asked = {"dataset": "sample", "data_dir": "my data", "consents": "not_recorded"}
    assert again("lists", asked) == (
        "targeted-lists lists --data-dir 'my data' --vars '{consents: not_recorded}'"
    )
    assert again("check", {"dataset": "sample", "data_dir": "data"}) == "targeted-lists check"


def test_a_command_reads_as_it_was_called(monkeypatch):
    monkeypatch.setenv("TARGETED_LISTS_MAKE", "1")
    asked = {"dataset": "shop", "data_dir": "my data", "consents": "not_recorded"}
    assert again("lists", asked) == (
        "make lists DATASET=shop DATA_DIR='my data' VARS='{consents: not_recorded}'"
    )


WARNINGS = {
    "nobody consented": (
        {"consents.csv": None},
        "Nobody has consented, so every list will be empty; add consents.csv (customer_id, "
        "channel, status), or set the var consents to not_recorded for lists that cannot be "
        "exported.",
    ),
    "consents withdrawn": (
        {"consents.csv": CONSENTS.replace("granted", "withdrawn")},
        "Nobody has consented, so every list will be empty; add consents.csv (customer_id, "
        "channel, status), or set the var consents to not_recorded for lists that cannot be "
        "exported.",
    ),
    "no address": (
        {"customers.csv": "customer_id,city\nC0,Leeds\n"},
        "No customer has an address, so no list can be exported; add customers.csv with "
        "customer_id and email or phone.",
    ),
    "an unknown status": (
        {"order_lines.csv": f"{LINES_CSV}X1,C1,2025-01-02,P1,1,2.00,lost\n"},
        '1 order lines have an unknown status ("lost" 1) and are rejected; write placed, '
        "delivered, cancelled or returned there.",
    ),
    "keys that are written otherwise": (
        {"consents.csv": CONSENTS.replace("C", "K-")},
        "3 of 3 customers in consents are in no order line, customer file or total; see whether "
        "customer_id is written there as in the other files.",
    ),
    "an erasure of nobody": (
        {"erasures.csv": "customer_id\nC99\n"},
        "1 of 1 customers in erasures are in no order line, customer file or total; see whether "
        "customer_id is written there as in the other files.",
    ),
    "many lines rejected": (
        {"order_lines.csv": LINES_CSV + "".join(f"X{n},C1,soon,P1,1,2.00,\n" for n in range(5))},
        "20% of the order lines are rejected; the reasons are in the table above.",
    ),
    "a header alone": (
        {"order_lines.csv": f"{HEADER}\n", "consents.csv": "customer_id,channel,status\n"},
        "There is no row, so every table will be empty; add order lines.",
    ),
}


@pytest.mark.parametrize(("files", "sentence"), WARNINGS.values(), ids=WARNINGS)
def test_what_will_come_of_it_is_said_with_what_to_do(check, files, sentence):
    given = {name: text for name, text in (WHOLE | files).items() if text is not None}
    code, lines = check(given)
    assert code == 0
    assert sentence in lines
    assert lines[-1].startswith("Ready, but see ")
    assert lines[-1].endswith(" above: targeted-lists lists --dataset shop")


def test_lines_without_customers_make_no_lists(check):
    header = HEADER.replace("customer_id,", "")
    text = f"{header}\nO1,2025-01-01,P1,1,2.00,delivered\n"
    code, lines = check({"order_lines.csv": text})
    assert code == 0
    assert (
        "No order line names a customer, so there will be no customers, no scores and no lists; "
        "add the column customer_id."
    ) in lines


def test_totals_of_no_day_are_refused(check):
    totals = "customer_id,orders,revenue,recency_days\nC1,2,40,10\n"
    code, lines = check({"customer_totals.csv": totals})
    assert code == 1
    assert (
        "no file has a day, so it is not known as of when customer_totals are; add the column "
        "as_of_date there, or set the var as_of_date"
    ) in " ".join(lines)
    assert check({"customer_totals.csv": totals}, "--vars", "{as_of_date: 2026-01-01}")[0] == 0
    dated = "customer_id,orders,revenue,recency_days,as_of_date\nC1,2,40,10,2026-01-01\n"
    assert check({"customer_totals.csv": dated})[0] == 0


def test_an_erased_customer_counts_as_found(check):
    _, lines = check(WHOLE | {"erasures.csv": "customer_id\nC0\nC1\nC99\n"})
    assert "1 of 3 customers in erasures are in no order line, customer file or total." in lines


def test_consents_that_are_declared_as_not_recorded_keep_lists_in_the_house(check):
    given = {name: text for name, text in WHOLE.items() if name != "consents.csv"}
    _, lines = check(given, "--vars", "{consents: not_recorded}")
    assert (
        "Consents are declared as not recorded: lists are built and marked so, and none can be "
        "exported."
    ) in lines
    assert not [line for line in lines if line.startswith("Nobody has consented")]


def test_lines_of_which_none_can_be_used_are_not_ready(check):
    code, lines = check(WHOLE | {"order_lines.csv": LINES_CSV.replace("2025-01-", "Jan ")})
    assert code == 1
    assert lines[-2:] == [
        "No order line can be used; the reasons are in the table above.",
        "Not ready; when that is done: targeted-lists check --dataset shop",
    ]


def test_a_seed_that_cannot_be_loaded_is_not_ready(check, fresh):
    path = fresh.folder / "seeds/list_definitions.csv"
    before = path.read_text(encoding="utf-8")
    try:
        path.write_text(f"{before}own\n", encoding="utf-8")
        code, lines = check(WHOLE)
    finally:
        path.write_text(before, encoding="utf-8")
    assert code == 1
    assert lines[0].startswith("seeds/list_definitions.csv, row ")
    assert "has 1 fields and the header" in lines[0]


def test_no_contact_is_shown(check):
    lines = LINES_CSV + "X1,ann@example.com,2025-01-02,P1,1,2.00,bob@example.com\n"
    code, printed = check(WHOLE | {"order_lines.csv": lines})
    assert code == 0
    assert "1 order lines have an unknown status ((a contact) 1)" in "\n".join(printed)
    assert "@example.com" not in "\n".join(printed)


def test_a_check_loads_no_dbt_and_leaves_nothing(fresh, check):
    check(WHOLE)
    left = [path.name for path in fresh.folder.iterdir()]
    assert not {"warehouse", "published", "state", "target", "logs"} & set(left)
