"""Tables that are mined or fitted stand as they were where a var says so, and never wrongly."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
from conftest import Outcome, Project, query

from targeted_lists.runs.increments import TABLES, hash_fits

REUSED = {"reuse_models": {"things": True}}
PLAN = f"""
{{%- macro plan_run() -%}}
    {TABLES}
    delete from main.current_run;
    insert into main.current_run values (
        {{{{ var('full_refresh_id', 1) }}}}, {{{{ var('run') }}}}, '', '', '{{{{ var("code", "a")
        }}}}'
    );
{{%- endmacro -%}}
"""
MODELS = {
    "macros/plan_run.sql": PLAN,
    "models/core/means.sql": (
        "select\n"
        "    avg(id) as mean,\n"
        "    case when max(id) > 900 then error('too large to fit') end as fault\n"
        "from {{ ref('dim_things') }}"
    ),
    "models/core/centres.py": (
        "def model(dbt, session):\n    return dbt.ref('means').df()[['mean']] * 10\n"
    ),
    "models/_fitted.yml": """
models:
  - name: means
    config:
      materialized: reusable
      contract: {enforced: false}
      meta: {reuse: things}
    columns: [{name: mean, data_tests: [not_null]}]
  - name: centres
    config:
      materialized: reusable
      contract: {enforced: false}
      meta: {reuse: things}
""",
}


@pytest.fixture
def shop(toy: Project, write_lines: Callable[..., None]) -> Project:
    """A toy with a fitted table of SQL and one of Python, built and tested in run 1."""
    for name, text in MODELS.items():
        (toy.folder / name).write_text(text, encoding="utf-8")
    write_lines(1, 3)
    toy.build(run=1)
    assert fitted(toy) == (2, 20)
    write_lines(1, 3, 8)
    return toy


def fitted(shop: Project) -> tuple[float, float]:
    ((mean,),) = query(shop.warehouse(), "select mean from core.means")
    ((centre,),) = query(shop.warehouse(), "select mean from core.centres")
    return mean, centre


def run(shop: Project, *arguments: str, **variables: Any) -> Outcome:
    outcome = shop.dbt(*(arguments or ("run",)), **variables)
    assert outcome.success, "\n".join(outcome.failures)
    return outcome


def test_what_is_kept_stands_next_to_what_is_new(shop: Project) -> None:
    run(shop, run=2, **REUSED)
    assert fitted(shop) == (2, 20)
    assert query(shop.warehouse(), "select count(*) from core.dim_things") == [(3,)]
    run(shop, run=3)
    assert fitted(shop) == (4, 40)


@pytest.mark.parametrize(
    ("arguments", "variables"),
    [
        pytest.param(["run"], {"full_refresh_id": 2}, id="made from other files"),
        pytest.param(["run"], {"code": "b"}, id="made by other code"),
        pytest.param(["run", "--full-refresh"], {}, id="asked for"),
    ],
)
def test_what_cannot_stand_is_made_again(
    shop: Project, arguments: list[str], variables: dict[str, Any]
) -> None:
    run(shop, *arguments, run=2, **REUSED, **variables)
    assert fitted(shop) == (4, 40)


def test_what_was_never_made_is_made(shop: Project) -> None:
    with duckdb.connect(str(shop.warehouse())) as connection:
        connection.execute("drop table core.centres")
    run(shop, run=2, **REUSED)
    assert fitted(shop) == (2, 20)


def test_what_rests_on_a_newer_table_is_made_again(shop: Project) -> None:
    run(shop, "run", "--select", "+means", run=2)
    assert fitted(shop) == (4, 20)
    run(shop, run=3, **REUSED)
    assert fitted(shop) == (4, 40)


def test_a_fit_that_fails_leaves_what_stood(
    shop: Project, write_lines: Callable[..., None]
) -> None:
    write_lines(1, 3, 901)
    outcome = shop.dbt("run", run=2)
    assert not outcome.success
    assert any("too large to fit" in sentence for sentence in outcome.failures)
    run(shop, run=3, **REUSED)
    assert fitted(shop) == (2, 20)


def test_with_empty_inputs_nothing_is_noted_as_fitted(shop: Project) -> None:
    run(shop, "run", "--empty", run=2)
    run(shop, run=3, **REUSED)
    assert fitted(shop) == (4, 40)


def test_what_a_run_of_a_part_fitted_was_not_tested_before(shop: Project) -> None:
    """It is as new as what it was made of, which is of the run whose tests passed."""
    run(shop, "build", run=2)
    run(shop, "run", "--select", "means", run=3)
    spoil(shop)
    assert not shop.dbt("test", run=3, **REUSED).success


def test_what_stands_was_tested_when_it_was_made(shop: Project) -> None:
    run(shop, "build", run=2, **REUSED)
    spoil(shop)
    run(shop, "test", run=2, **REUSED)
    run(shop, "build", run=3, **REUSED)
    run(shop, "build", run=4)
    spoil(shop)
    assert not shop.dbt("test", run=4).success


def spoil(shop: Project) -> None:
    with duckdb.connect(str(shop.warehouse())) as connection:
        connection.execute("insert into core.means values (null, null)")


# --- the code and vars by which tables are fitted ----------------------------------------------

PROJECT = {
    "dbt_project.yml": "vars: {support: 1, reuse_models: false, cap: 2}\n",
    "models/marts/basket/rules.sql": "{{ var('support') }} {{ var('reuse_models') }}",
    "models/lists/all.sql": "{{ var('cap') }}",
    "python_ml/baskets/rules.py": "1",
}


@pytest.mark.parametrize(
    ("file", "text", "is_other"),
    [
        ("models/marts/basket/rules.sql", "{{ var('support') }}", True),
        ("python_ml/baskets/rules.py", "2", True),
        ("dbt_project.yml", "vars: {support: 2, reuse_models: false, cap: 2}\n", True),
        ("dbt_project.yml", "vars: {support: 1, reuse_models: true, cap: 3}\n", False),
        ("models/lists/all.sql", "{{ var('cap') + 1 }}", False),
    ],
)
def test_only_what_decides_the_fit_counts(
    tmp_path: Path, file: str, text: str, is_other: bool
) -> None:
    for name, content in PROJECT.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    before = hash_fits(tmp_path, {})
    assert before == hash_fits(tmp_path, {"reuse_models": True})
    assert before != hash_fits(tmp_path, {"support": 2})
    (tmp_path / file).write_text(text, encoding="utf-8")
    assert (hash_fits(tmp_path, {}) != before) == is_other
