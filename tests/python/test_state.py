"""What outlives a rebuild: kept as of a day, by a whole run only, all tables or none."""

from __future__ import annotations

from datetime import date, datetime

import duckdb
import pytest
from conftest import Project

from targeted_lists.state import read_earlier, read_history, read_latest, save_tables

DAYS = [date(2025, 1, 31), date(2025, 2, 28), date(2025, 3, 31)]
TYPES = {"id": "int64", "name": "str"}


@pytest.fixture
def keep(tmp_path):
    """Return a function that keeps a table of one row as of a day."""

    def run(day: date, name: str, *, tables: tuple[str, ...] = ("things",)) -> None:
        with duckdb.connect() as connection:
            connection.execute("create schema marts")
            connection.execute("create table marts.things as select 1 as id, ? as name", [name])
            save_tables(
                connection,
                dataset="sample",
                tables=[("marts", table) for table in tables],
                as_of_date=day,
                folder=tmp_path / "state",
            )

    return run


def latest_name(tmp_path, day):
    found = read_latest("sample", "things", as_of_date=day, folder=tmp_path / "state")
    return None if found is None else found["name"].item()


def history(tmp_path, day):
    rows = read_history("sample", "things", as_of_date=day, types=TYPES, folder=tmp_path / "state")
    return list(zip(rows["saved_date"].dt.date, rows["name"], strict=True))


def test_the_newest_days_up_to_one_are_read_together(keep, tmp_path):
    for day in DAYS:
        keep(day, day.strftime("%B"))

    def names(until, days):
        rows = read_earlier(
            *("sample", "things"),
            until=until,
            days=days,
            types=TYPES,
            folder=tmp_path / "state",
        )
        assert list(rows) == list(TYPES)
        return rows["name"].tolist()

    assert names(DAYS[2], 2) == ["February", "March"]
    assert names(date(2025, 3, 30), 9) == ["January", "February"]
    assert names(datetime(2025, 1, 31, 12), 9) == ["January"]
    assert names(date(2025, 1, 30), 9) == names(None, 9) == []


def test_a_run_sees_what_was_kept_up_to_its_day(keep, tmp_path):
    for day, name in zip(DAYS, ["one", "two", "three"], strict=True):
        keep(day, name)
    assert latest_name(tmp_path, date(2025, 1, 30)) is None
    assert latest_name(tmp_path, DAYS[0]) == "one"
    assert latest_name(tmp_path, date(2025, 3, 30)) == "two"
    assert latest_name(tmp_path, datetime(2026, 1, 1)) == "three"


def test_history_is_the_last_earlier_day_and_the_day_itself(keep, tmp_path):
    for day, name in zip(DAYS, ["one", "two", "three"], strict=True):
        keep(day, name)
    assert history(tmp_path, DAYS[2]) == [(DAYS[1], "two"), (DAYS[2], "three")]
    assert history(tmp_path, datetime(2025, 3, 30)) == [(DAYS[1], "two")]
    assert history(tmp_path, DAYS[0]) == [(DAYS[0], "one")]


def test_the_same_day_is_replaced(keep, tmp_path):
    keep(DAYS[0], "one")
    keep(DAYS[0], "other")
    assert latest_name(tmp_path, DAYS[0]) == "other"


@pytest.mark.parametrize("day", [None, DAYS[0]], ids=["no date", "nothing kept"])
def test_an_empty_history_is_typed(tmp_path, day):
    rows = read_history("sample", "things", as_of_date=day, types=TYPES, folder=tmp_path / "state")
    assert rows.empty
    found = duckdb.sql("describe select * from rows").fetchall()
    assert [row[:2] for row in found] == [
        ("saved_date", "TIMESTAMP"),
        ("id", "BIGINT"),
        ("name", "VARCHAR"),
    ]


def test_a_table_that_cannot_be_kept_leaves_all_as_they_were(keep, tmp_path):
    keep(DAYS[0], "one")
    with pytest.raises(duckdb.CatalogException):
        keep(DAYS[0], "other", tables=("things", "missing"))
    assert latest_name(tmp_path, DAYS[0]) == "one"
    files = [path.name for path in (tmp_path / "state").rglob("*") if path.is_file()]
    assert sorted(files) == ["2025-01-31.parquet", "version"]


def test_what_a_killed_run_left_is_removed(keep, tmp_path):
    keep(DAYS[0], "one")
    draft = tmp_path / "state/sample/others/2024-12-31.draft"
    draft.parent.mkdir()
    draft.write_bytes(b"half a table")
    keep(DAYS[0], "two")
    assert not draft.exists()


# --- at the end of a run ----------------------------------------------------------------------


def mark_as_saved(toy: Project) -> None:
    path = toy.folder / "models" / "_models.yml"
    unmarked = "dim_things\n    config: {contract: {enforced: false}}"
    text = path.read_text(encoding="utf-8")
    assert unmarked in text
    marked = "dim_things\n    config: {contract: {enforced: false}, meta: {is_saved: true}}"
    path.write_text(text.replace(unmarked, marked), encoding="utf-8")


def kept_files(toy: Project) -> list[str]:
    state = toy.folder / "state"
    return sorted(path.relative_to(state).as_posix() for path in state.rglob("*.parquet"))


KEPT = ["sample/dim_things/2025-01-31.parquet"]


def test_a_whole_run_keeps_what_is_marked(toy):
    mark_as_saved(toy)
    toy.build()
    assert kept_files(toy) == KEPT
    saved = read_latest("sample", "dim_things", as_of_date=DAYS[0], folder=toy.folder / "state")
    assert saved["id"].tolist() == [1, 2]


def test_a_part_of_a_run_keeps_nothing(toy):
    mark_as_saved(toy)
    for arguments in (["build", "--select", "dim_things"], ["run"], ["seed"]):
        assert toy.dbt(*arguments).success
        assert kept_files(toy) == []


def test_a_run_whose_tests_fail_leaves_the_state_as_it_was(toy, write_lines):
    mark_as_saved(toy)
    toy.build()
    before = (toy.folder / "state" / KEPT[0]).read_bytes()
    write_lines(1, 101)
    assert not toy.dbt("build").success
    assert kept_files(toy) == KEPT
    assert (toy.folder / "state" / KEPT[0]).read_bytes() == before


def test_a_state_that_cannot_be_written_is_one_sentence(toy):
    mark_as_saved(toy)
    (toy.folder / "state").write_text("not a folder", encoding="utf-8")
    outcome = toy.dbt("build")
    assert not outcome.success
    assert any("state/sample could not be written" in sentence for sentence in outcome.failures)


def test_a_frozen_day_is_replaced_only_while_it_is_the_last(tmp_path):
    def keep(day: date, name: str) -> None:
        with duckdb.connect() as connection:
            connection.execute("create schema marts")
            for table in ("things", "others"):
                connection.execute(
                    f"create table marts.{table} as select 1 as id, '{name}' as name"
                )
            save_tables(
                connection,
                dataset="sample",
                tables=[("marts", "things"), ("marts", "others")],
                as_of_date=day,
                past_frozen={"things"},
                folder=tmp_path / "state",
            )

    def others(day: date) -> str:
        found = read_latest("sample", "others", as_of_date=day, folder=tmp_path / "state")
        return found["name"].item()

    keep(DAYS[1], "first")
    keep(DAYS[1], "again")
    assert latest_name(tmp_path, DAYS[1]) == "again"
    keep(DAYS[2], "later")
    keep(DAYS[1], "rebuilt")
    keep(DAYS[0], "before all")
    assert [latest_name(tmp_path, day) for day in DAYS] == ["before all", "again", "later"]
    assert others(DAYS[1]) == "rebuilt"
