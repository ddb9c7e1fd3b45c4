"""What outlives a rebuild: saved as of a day, by a whole run only, all tables or none."""

from __future__ import annotations

import shutil
from datetime import date, datetime

import duckdb
import pytest
from conftest import REPO_ROOT, Project, query

from targeted_lists.common.project import search_path
from targeted_lists.saved.tables import read_latest, save_tables

DAYS = [date(2025, 1, 31), date(2025, 2, 28), date(2025, 3, 31)]


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


def test_a_run_sees_what_was_kept_up_to_its_day(keep, tmp_path):
    for day, name in zip(DAYS, ["one", "two", "three"], strict=True):
        keep(day, name)
    assert latest_name(tmp_path, date(2025, 1, 30)) is None
    assert latest_name(tmp_path, DAYS[0]) == "one"
    assert latest_name(tmp_path, date(2025, 3, 30)) == "two"
    assert latest_name(tmp_path, datetime(2026, 1, 1)) == "three"


def test_the_same_day_is_replaced(keep, tmp_path):
    keep(DAYS[0], "one")
    keep(DAYS[0], "other")
    assert latest_name(tmp_path, DAYS[0]) == "other"


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


# --- read by SQL ------------------------------------------------------------------------------

READERS = {
    "models/intermediate/int_as_of_date.sql": (
        "select cast({{ var('day', 'null') }} as date) as as_of_date"
    ),
    "models/lists/history.sql": (
        "{{ read_state('things', {'id': 'bigint', 'name': 'string'}, last_days()) }}"
    ),
    "models/lists/newest.sql": (
        "{{ read_state('things', {'name': 'string', 'colour': 'string'}, "
        "'select max(saved_date) as saved_date from saved') }}"
    ),
    "models/lists/exported.sql": "{{ read_exported('assignments', {'customer_id': 'string'}) }}",
    "models/intermediate/int_customer_persons.sql": (
        "select 'A' as customer_key, 'A' as customer_id where false"
    ),
    "models/marts/targeting/preparation/campaign_windows.sql": (
        "select 'march' as campaign_id, timestamp '2025-03-02' as window_start_at "
        "union all select 'first', timestamp '2024-12-31' union all select 'undated', null"
    ),
    "models/_readers.yml": """
models:
  - {name: history, config: {contract: {enforced: false}}}
  - {name: newest, config: {contract: {enforced: false}}}
  - {name: exported, config: {contract: {enforced: false}}}
sources:
  - name: state
    tables: [{name: things}, {name: assignments}, {name: customer_clusters}]
""",
}
COPIED = (
    "macros/inputs/of_persons.sql",
    "macros/inputs/read_state.sql",
    "macros/sql/all_but.sql",
    "models/marts/targeting/preparation/campaign_clusters.sql",
)


@pytest.fixture
def readers(toy: Project) -> Project:
    """A toy whose models read what was saved: things of three days, clusters, an export."""
    for name, text in READERS.items():
        (toy.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (toy.folder / name).write_text(text, encoding="utf-8")
    for name in COPIED:
        (toy.folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(REPO_ROOT / name, toy.folder / name)
    return toy


def save(toy: Project, file: str, query: str) -> None:
    path = toy.folder / "state/sample" / file
    path.parent.mkdir(parents=True, exist_ok=True)
    duckdb.execute(f"copy ({query}) to '{path}' (format parquet)")


def read_with(toy: Project, day: str, table: str) -> list[tuple]:
    outcome = toy.dbt(
        "run", "--select", "+history", "newest", "exported", "+campaign_clusters", day=day
    )
    assert outcome.success, "\n".join(outcome.failures)
    return query(toy.warehouse(), f"from {table} order by all")


def test_history_is_the_last_earlier_day_and_the_day_itself(readers: Project) -> None:
    for day, name in zip(DAYS, ["one", "two", "three"], strict=True):
        save(readers, f"things/{day}.parquet", f"select 1 as id, '{name}' as name")
    assert read_with(readers, "'2025-03-31'", "lists.history") == [
        (DAYS[1], 1, "two"),
        (DAYS[2], 1, "three"),
    ]
    # What an earlier version did not record is empty.
    assert query(readers.warehouse(), "from lists.newest") == [(DAYS[2], "three", None)]
    assert read_with(readers, "'2025-03-30'", "lists.history") == [(DAYS[1], 1, "two")]
    assert read_with(readers, "'2025-01-31'", "lists.history") == [(DAYS[0], 1, "one")]


def test_where_nothing_is_saved_there_are_no_rows_but_types(readers: Project) -> None:
    assert read_with(readers, "null", "lists.history") == []
    assert query(
        readers.warehouse(),
        "select column_name, data_type from duckdb_columns() where table_name = 'history' "
        "order by column_index",
    ) == [("saved_date", "DATE"), ("id", "BIGINT"), ("name", "VARCHAR")]
    assert query(readers.warehouse(), "from targeting.campaign_clusters") == []
    assert query(readers.warehouse(), "from lists.exported") == []


def test_clusters_of_a_campaign_are_those_saved_before_it(readers: Project) -> None:
    for day, key in (("2025-01-01", "old"), ("2025-02-01", "then"), ("2025-03-03", "after")):
        save(
            readers,
            f"customer_clusters/{day}.parquet",
            f"select 'C1' as customer_id, '{key}' as cluster_key, 'n' as cluster_name, "
            "true as is_chosen union all select 'C1', 'other', 'n', false",
        )
    assert read_with(readers, "'2025-03-31'", "targeting.campaign_clusters") == [
        ("march", "C1", "then", "n")
    ]


def test_a_draft_of_an_export_is_not_read(readers: Project) -> None:
    for folder in ("win_back", ".draft"):
        save(
            readers,
            f"campaigns/{folder}/assignments.parquet",
            f"select '{folder}' as customer_id",
        )
    assert read_with(readers, "'2025-03-31'", "lists.exported") == [("win_back",)]


def test_what_was_saved_is_found_where_the_project_lies_elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "state").mkdir()
    (tmp_path / "state/here.csv").write_text("id\n1\n", encoding="utf-8")
    with duckdb.connect(config={"file_search_path": search_path()}) as connection:
        found = connection.execute(
            "select parse_filename(file) from glob(['state/*.csv', 'seeds/code_labels.csv'])"
        ).fetchall()
    assert found == [("here.csv",), ("code_labels.csv",)]
