"""An exposure names the tables that its SQL reads, no more and no fewer.

`config: {meta: {reads: […]}}` of models/exposures.yml names the files with the SQL; which tables
the page reads, tests/python/test_dashboard.py asks of the page itself.
"""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml
from conftest import REPO_ROOT

READ = re.compile(r"\b(?:from|join)\s+(?:published\.|working\.)?([a-z_]+)\.([a-z_]+)\b")
EXPOSURES: list[dict[str, Any]] = yaml.safe_load(
    (REPO_ROOT / "models/exposures.yml").read_text(encoding="utf-8")
)["exposures"]
WITH_SQL = [one for one in EXPOSURES if "config" in one]


def schemas() -> set[str]:
    """Return the schemas that readers meet, and that of contacts."""
    marts = {path.name for path in (REPO_ROOT / "models/marts").iterdir() if path.is_dir()}
    return marts | {"core", "lists", "metrics", "findings", "private"}


@pytest.mark.parametrize("exposure", WITH_SQL, ids=lambda one: one["name"])
def test_an_exposure_names_what_its_sql_reads(exposure: dict[str, Any]) -> None:
    named = {re.fullmatch(r"ref\('(\w+)'\)", ref).group(1) for ref in exposure["depends_on"]}
    read = {
        table
        for path in exposure["config"]["meta"]["reads"]
        for schema, table in READ.findall((REPO_ROOT / path).read_text(encoding="utf-8"))
        if schema in schemas()
    }
    assert read == named


def test_what_is_read_by_sql_says_where() -> None:
    assert {"list_exports", "explore_app", "ready_queries"} == {one["name"] for one in WITH_SQL}
    of_tables_alone = {one["name"] for one in EXPOSURES} - {one["name"] for one in WITH_SQL}
    assert of_tables_alone - {"dashboard", "campaign_review"} == {
        f"campaign_{path.stem.removeprefix('list_')}"
        for path in (REPO_ROOT / "models/lists").glob("list_*.sql")
        if "publish_list" in path.read_text(encoding="utf-8")
    }
