"""README.ru.md says what README.md says: tables, commands that exist, queries that run."""

from __future__ import annotations

import re

from conftest import REPO_ROOT, Build

ENGLISH = (REPO_ROOT / "README.md").read_text(encoding="utf-8")
RUSSIAN = (REPO_ROOT / "README.ru.md").read_text(encoding="utf-8")
CATALOGUE = re.compile(r"^\| ((?:[a-z_]+\.)[a-z_]+(?:, (?:[a-z_]+\.)?[a-z_]+)*) \|", re.MULTILINE)


def test_both_have_the_same_catalogue() -> None:
    assert CATALOGUE.findall(RUSSIAN) == CATALOGUE.findall(ENGLISH)
    assert len(CATALOGUE.findall(RUSSIAN)) > 50


def test_its_commands_exist() -> None:
    targets = set(
        re.findall(r"^([a-z]+):.*## ", (REPO_ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    )
    used = set(re.findall(r"\bmake ([a-z]+)\b", RUSSIAN))
    assert {"lists", "test", "explore", "export"} <= used
    assert used - targets == set()
    assert [command for command in used if f"make {command}" not in ENGLISH] == []


def test_its_links_lead_somewhere() -> None:
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", RUSSIAN)
    assert links
    assert [link for link in links if not (REPO_ROOT / link).is_file()] == []


def test_the_queries_of_its_tour_answer(sample_build: Build) -> None:
    queries = [
        re.sub(r"^ {3}", "", block, flags=re.MULTILINE)
        for block in re.findall(r"```sql\n(.+?)\n\s*```", RUSSIAN, re.DOTALL)
    ]
    assert len(queries) == 5
    assert [query for query in queries if not sample_build.query(query.rstrip(";"))] == []
