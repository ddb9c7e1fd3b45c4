"""What the project's own generic tests find: the SQL of tests/generic on a handful of rows."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import duckdb
import pytest
from conftest import REPO_ROOT
from jinja2 import Environment


def read_macros(path: str) -> str:
    """Return a file of macros or generic tests as plain Jinja."""
    source = (REPO_ROOT / path).read_text(encoding="utf-8")
    return source.replace("{% test ", "{% macro ").replace("{% endtest %}", "{% endmacro %}")


@pytest.fixture(scope="module")
def unique_combination() -> Callable[..., str]:
    environment = Environment(extensions=["jinja2.ext.do"])
    template = environment.from_string(
        read_macros("macros/sql/different_numbers.sql")
        + read_macros("tests/generic/unique_combination.sql")
    )
    # What dbt would find for the engine at hand.
    adapter = SimpleNamespace(dispatch=lambda name, package: getattr(module, f"default__{name}"))
    module = template.make_module({"adapter": adapter})
    return module.unique_combination


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        # Neighbours, numbers with the same bit in other blocks, and both sides of zero.
        ([("a", 1), ("a", 2), ("a", 65), ("a", 1_000_001), ("a", -1), ("a", 0)], []),
        ([("a", number) for number in range(-200, 200)], []),
        ([("a", 1), ("b", 1)], []),
        ([("a", 7), ("a", 8), ("a", 7)], [("a", 7, 2)]),
        ([("a", 64), ("b", 64), ("a", 64), ("a", 64)], [("a", 64, 3)]),
        ([("a", -5), ("a", -5)], [("a", -5, 2)]),
        ([("a", 1), ("a", None)], [("a", None, 1)]),
        ([("a", 1), (None, 1)], [(None, 1, 1)]),
        ([], []),
    ],
)
def test_a_counted_key_fails_for_the_same_rows_as_any_other(unique_combination, rows, found):
    columns = ["file", "number"]
    with duckdb.connect() as connection:
        connection.execute("create table rows_of_files (file varchar, number bigint)")
        if rows:
            connection.executemany("insert into rows_of_files values (?, ?)", rows)
        for counted in (None, "number"):
            sql = unique_combination("rows_of_files", columns, counted=counted)
            assert connection.execute(sql).fetchall() == found
