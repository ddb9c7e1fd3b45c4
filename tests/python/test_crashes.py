"""A command that is killed at any of its file operations is made good by the next command."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
from crashes import Command, Crash, crash_everywhere, is_killed
from test_export import ORDER, lower_minimum, make_shop, places_in

from targeted_lists.activation.export import export_list
from targeted_lists.inputs import copies, readable
from targeted_lists.inputs.readable import Settings, make_readable
from targeted_lists.runs.erasure import erase_customers, hash_key, remember
from targeted_lists.runs.publication import Request, publish_marts
from targeted_lists.runs.run_start import start_state
from targeted_lists.saved.salt import PUBLIC_SALT, give_salt
from targeted_lists.saved.tables import save_tables

DAY = date(2026, 7, 1)
GOOGLE = replace(ORDER, target="google")
ERASED = ["m2", "k1"]


def view(folder: Path) -> dict[str, Any]:
    """Return what every file holds, by name, and who may read it.

    A folder without a file, however deep, is nothing.
    """
    seen = {}
    for path in sorted(folder.rglob("*")):
        if path.is_dir() and not any(one.is_file() for one in path.rglob("*")):
            continue
        mode = oct(path.stat().st_mode & 0o777)
        held = None if path.is_dir() else content(path)
        seen[path.relative_to(folder).as_posix()] = (mode, held)
    return seen


def content(path: Path) -> Any:
    """Return the bytes of a file, and of a database its tables; of what is broken, its bytes."""
    text = path.read_bytes()
    return read_tables(path, text) if path.suffix == ".duckdb" else text


def read_tables(path: Path, text: bytes, known: dict[bytes, Any] = {}) -> Any:  # noqa: B006
    """Return the rows of each table of a database, once for the same bytes."""
    if text not in known:
        try:
            with duckdb.connect(str(path), read_only=True) as connection:
                names = connection.execute(
                    "select schema_name || '.' || table_name from duckdb_tables() "
                    "where table_name <> 'publication' order by all"
                ).fetchall()
                known[text] = {
                    name: connection.execute(f"from {name} order by all").fetchall()
                    for (name,) in names
                }
        except duckdb.Error:
            known[text] = text
    return known[text]


# --- commands, each in a folder of its own ------------------------------------------------------


def publish(folder: Path) -> None:
    with duckdb.connect() as connection:
        connection.execute("create schema marts")
        for name in ("things", "others"):
            connection.execute(f"create table marts.{name} as select 2 as id, 'new' as name")
        publish_marts(
            connection,
            request=Request(
                database="memory",
                dataset="shop",
                language="en",
                tables=[("marts", "things"), ("marts", "others")],
                dbt_version="1",
            ),
            folder=folder / "published",
        )


def keep(folder: Path) -> None:
    with duckdb.connect() as connection:
        connection.execute("create schema marts")
        for name in ("things", "others"):
            connection.execute(f"create table marts.{name} as select 2 as id, 'new' as name")
        save_tables(
            connection,
            dataset="shop",
            tables=[("marts", "things"), ("marts", "others")],
            as_of_date=DAY,
            folder=folder / "state",
        )


def export_csv(folder: Path) -> None:
    export_list(ORDER, places=places_in(folder))


def export_later(folder: Path) -> None:
    export_list(replace(ORDER, used_on=date(2026, 7, 2)), places=places_in(folder))


def export_google(folder: Path) -> None:
    export_list(GOOGLE, places=places_in(folder))


def erase(folder: Path) -> None:
    places = places_in(folder)
    with (
        contextlib.chdir(folder),
        duckdb.connect(str(places.warehouse / "shop.duckdb")) as working,
    ):
        give_salt(working, lambda: PUBLIC_SALT)
        erase_customers(
            "shop", ERASED, folder=places.state, exports=places.exports, working=working
        )


def erase_and_remember(folder: Path) -> None:
    places = places_in(folder)
    hashes = [hash_key(key, PUBLIC_SALT) for key in ERASED]
    with (
        contextlib.chdir(folder),
        duckdb.connect(str(places.warehouse / "shop.duckdb")) as working,
    ):
        give_salt(working, lambda: PUBLIC_SALT)
        working.execute(
            "create or replace table main.erased_hashes as select 'key' as kind, "
            "unnest(?) as erased_hash, false as has_email, true as is_found",
            [hashes],
        )
        remember(working, "shop", folder=places.state)
        erase_customers(
            "shop", hashes=hashes, folder=places.state, exports=places.exports, working=working
        )


def begin_run(folder: Path) -> None:
    with contextlib.chdir(folder):
        start_state("shop")


def read_raw(folder: Path) -> None:
    readable.is_plain.cache_clear()
    with contextlib.chdir(folder):
        copies.remove_outdated()
        for path in sorted(Path("data/shop").glob("*.csv")):
            make_readable(path, Settings(encoding="cp1251"))


# --- what they begin with -----------------------------------------------------------------------


def with_publication(folder: Path) -> None:
    with duckdb.connect() as connection:
        connection.execute("create schema marts")
        connection.execute("create table marts.things as select 1 as id, 'old' as name")
        publish_marts(
            connection,
            request=Request("memory", "shop", "en", [("marts", "things")], "1"),
            folder=folder / "published",
        )
    # Of a reader who wrote to it: it must not be replayed into the next file.
    (folder / "published" / "shop.duckdb.wal").write_bytes(b"of a file that is no more")


def with_state(folder: Path) -> None:
    for name in ("things", "others", "further"):
        path = folder / "state" / "shop" / name
        path.mkdir(parents=True)
        for day in ("2026-06-01", "2026-07-01"):
            duckdb.execute(
                f"copy (select unnest(['m1', 'm2', 'x']) as customer_id, 'old' as name) "
                f"to '{path / day}.parquet' (format parquet)"
            )


def with_raw_files(folder: Path) -> None:
    """Two that need copies, and the copies of one that has changed and of one that is gone."""
    raw = folder / "data" / "shop"
    raw.mkdir(parents=True)
    for name in ("a", "b", "gone"):
        (raw / f"{name}.csv").write_bytes("id,имя\n1,Лиза\n".encode("cp1251"))
    read_raw(folder)
    (raw / "gone.csv").unlink()
    (raw / "a.csv").write_bytes("id,имя\n1,Лиза\n2,Мила\n".encode("cp1251"))


def with_shop(folder: Path) -> None:
    make_shop(folder)
    with_state(folder)


def with_export(folder: Path) -> None:
    with_shop(folder)
    export_csv(folder)


def with_exports(folder: Path) -> None:
    with_export(folder)
    export_google(folder)


# The next command is the same once more, or another that begins by making whole what it finds:
# then all of the first has happened, or none.
PATHS: dict[str, tuple[Command, Command]] = {
    "publication": (with_publication, publish),
    "state": (with_state, keep),
    "first export": (with_shop, export_csv),
    "second export": (with_export, export_google),
    "export again": (with_export, export_later),
    "erasure": (with_exports, erase),
    "erasure by its hashes": (with_exports, erase_and_remember),
    "readable copies": (with_raw_files, read_raw),
}


@pytest.fixture(autouse=True)
def lowered(monkeypatch):
    lower_minimum(monkeypatch)
    # It asks git of every file of the project.
    monkeypatch.setattr("targeted_lists.runs.publication.code_version", lambda version: version)


@pytest.fixture(scope="module")
def work(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("work")


@pytest.fixture(scope="module")
def prepared(work) -> Callable[[Command], Path]:
    """Return a function that makes a folder to begin with, once for all tests."""
    made: dict[Command, Path] = {}

    def find(prepare: Command) -> Path:
        if prepare not in made:
            # Where each attempt will lie: a readable copy knows the path of its source.
            folder = work / "attempt"
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            prepare(folder)
            made[prepare] = folder.rename(work / f"prepared {len(made)}")
        return made[prepare]

    return find


# What is torn is a draft, and drafts are made and removed by the same steps everywhere.
@pytest.mark.parametrize(
    ("name", "is_torn"),
    [
        *((name, False) for name in PATHS),
        *((name, True) for name in ("publication", "erasure", "second export")),
    ],
)
def test_the_same_command_makes_good(prepared, work, record_property, name, is_torn):
    prepare, command = PATHS[name]
    undisturbed = copy_of(prepared(prepare), work / "attempt")
    before = view(undisturbed)
    command(undisturbed)
    after = view(undisturbed)
    assert after != before
    crashes = crash_everywhere(
        prepared(prepare),
        command=command,
        then=command,
        view=view,
        work=work,
        is_torn=is_torn,
    )
    assert_many(crashes, record_property)
    assert [crash for crash in crashes if crash.after != after] == []


@pytest.mark.parametrize("name", ["state", "first export", "second export"])
def test_another_command_finds_all_or_nothing(prepared, work, record_property, name):
    prepare, command = PATHS[name]
    undisturbed = copy_of(prepared(prepare), work / "attempt")
    begin_run(undisturbed)
    before = view(undisturbed)
    command(undisturbed)
    after = view(undisturbed)
    crashes = crash_everywhere(
        prepared(prepare), command=command, then=begin_run, view=view, work=work
    )
    assert_many(crashes, record_property)
    found = [(crash.after == before, crash.after == after) for crash in crashes]
    # First nothing has happened, and from one operation on everything.
    assert set(found) == {(True, False), (False, True)}
    assert found == sorted(found, reverse=True)


def test_a_published_file_is_the_old_one_or_the_new_one(prepared, work):
    start = prepared(with_publication)
    undisturbed = copy_of(start, work / "attempt")
    old = content(undisturbed / "published/shop.duckdb")
    publish(undisturbed)
    new = content(undisturbed / "published/shop.duckdb")
    crashes = crash_everywhere(
        start,
        command=publish,
        then=lambda folder: None,
        view=lambda folder: content(folder / "published/shop.duckdb"),
        work=work,
        sees_left=True,
    )
    assert {crash.left == new for crash in crashes} == {False, True}
    assert all(crash.left in (old, new) for crash in crashes)


def test_an_erasure_that_was_killed_does_not_hand_out_contacts(prepared, work):
    """Contacts go first: once a row of the record is gone, no file holds whom it named."""
    text = "bea.b@gmail.com"

    def look(folder: Path) -> tuple[bool, bool]:
        exported = [path.read_text() for path in (folder / "exports").rglob("*.csv")]
        (record,) = (folder / "state").rglob("assignments.parquet")
        named = duckdb.execute(f"select list(customer_id) from '{record}'").fetchall()[0][0]
        return any(text in one for one in exported), "m2" in named

    crashes = crash_everywhere(
        prepared(with_exports), command=erase, then=erase, view=look, work=work, sees_left=True
    )
    assert {crash.left for crash in crashes} == {(True, True), (False, True), (False, False)}
    assert {crash.after for crash in crashes} == {(False, False)}


def test_a_start_that_is_killed_is_caught_up_by_the_next(prepared, work, record_property):
    """What a killed export left is made whole by a command that is killed as well."""
    undisturbed = copy_of(prepared(with_export), work / "attempt")
    export_google(undisturbed)
    after = view(undisturbed)
    decided = work / "decided"
    # The first rename of a draft that the journal names.
    for at in range(1, 100):
        folder = copy_of(prepared(with_export), decided)
        told = work / "told"
        assert is_killed(folder, export_google, at=at, told=told, is_torn=False)
        if (folder / "state/shop/.journal").exists():
            break
    crashes = crash_everywhere(decided, command=begin_run, then=begin_run, view=view, work=work)
    assert_many(crashes, record_property, least=5)
    assert [crash for crash in crashes if crash.after != after] == []


def copy_of(folder: Path, target: Path) -> Path:
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(folder, target)
    return target


def assert_many(crashes: list[Crash], record_property: Any, *, least: int = 6) -> None:
    """A harness that meets no operation would find everything good."""
    record_property("interrupted_operations", len(crashes))
    assert len(crashes) >= least
    assert len({crash.operation for crash in crashes}) >= least / 2
