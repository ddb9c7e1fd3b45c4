"""No contact stands in anything that a run leaves but in the working database's own schemas."""

from __future__ import annotations

import csv
import re

import duckdb
import pytest
from conftest import Build

from targeted_lists.__main__ import main

# Begun where a run of such letters begins: scripts and fonts have runs of 100,000 of them.
EMAIL = re.compile(rb"(?<![A-Za-z0-9_.+-])[A-Za-z0-9_.+-]{1,64}@[A-Za-z0-9.-]+")
PHONE = re.compile(rb"[+]?[0-9]{11,15}")


@pytest.fixture(scope="module")
def contacts(sample_build: Build) -> set[str]:
    """Return the e-mails and phones of the sample's customers."""
    path = sample_build.project.folder / "data/sample/customers.csv"
    with path.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    told = {row[name].strip().lower() for row in rows for name in ("email", "phone")}
    # Not what is written in place of one, such as n/a or 12345.
    found = {one for one in told if "@" in one or len(re.sub("[^0-9]", "", one)) > 8}
    assert len(found) > 3_000
    return found


def test_no_file_that_a_run_leaves_holds_a_contact(sample_build, contacts):
    folder = sample_build.project.folder
    # Not the raw data and the working database, where they belong; and what other tests made
    # of other datasets in this folder is theirs.
    left = [
        folder / "logs",
        *(
            path
            for kind in ("target", "state", "exports", "published")
            for path in (folder / kind).glob("sample*")
        ),
    ]
    files = [
        path
        for place in left
        for path in ([place] if place.is_file() else place.rglob("*"))
        if path.is_file()
    ]
    assert len(files) > 500
    assert any("state/sample" in path.as_posix() for path in files)
    holding = []
    for path in files:
        content = path.read_bytes()
        texts = {*EMAIL.findall(content), *PHONE.findall(content)}
        if contacts & {text.decode().lower() for text in texts}:
            holding.append(path.relative_to(folder).as_posix())
    assert holding == []


def test_no_published_cell_is_a_contact(sample_build, contacts):
    """DuckDB compresses texts: in the file itself a contact might not be seen."""
    with duckdb.connect(str(sample_build.published), read_only=True) as connection:
        columns = connection.execute(
            "select schema_name, table_name, column_name from duckdb_columns() "
            "where data_type = 'VARCHAR' and not internal"
        ).fetchall()
        assert len(columns) > 300
        for schema, table, column in columns:
            cells = connection.execute(
                f'select distinct lower("{column}") from "{schema}"."{table}" '
                f'where "{column}" is not null'
            ).fetchall()
            assert not contacts & {cell for (cell,) in cells}, (schema, table, column)


@pytest.mark.parametrize("command", ["lists", "score", "check", "docs", "dashboard", "explore"])
def test_a_name_that_leads_elsewhere_is_refused_by_every_command(command, capsys, monkeypatch):
    assert main([command, "--dataset", "../x"]) == 1
    assert "'../x' may hold letters, digits, _ and - only" in capsys.readouterr().out


def test_a_salt_among_the_vars_is_refused_before_a_log_is_written(capsys):
    assert main(["lists", "--vars", "{customer_key_salt: secret}"]) == 1
    told = capsys.readouterr().out
    assert "state/sample/customer_key_salt" in told
    assert "secret" not in told
