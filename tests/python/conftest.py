"""Fixtures that all tests share: copies of the project to run dbt in, never the real folder."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pytest
from filelock import FileLock

from targeted_lists.check.command import open_models
from targeted_lists.cli.request import adapter_of, prepare
from targeted_lists.common.commands import THROUGH_MAKE
from targeted_lists.dashboard.build import make_dashboard
from targeted_lists.runs.dbt_runs import explain_failures, invoke_dbt

# `make test` says to the program how it was called; a test calls it by itself.
os.environ.pop(THROUGH_MAKE, None)
World = Callable[..., Callable[[str, str], list[tuple]]]
REPO_ROOT = Path(__file__).resolve().parents[2]
PROJECT_FILES = (
    "dbt_project.yml",
    "profiles.yml",
    "macros",
    "models",
    "seeds",
    "tests",
    "python_ml",
    "targeted_lists",
    "data/sample",
)


@dataclass(frozen=True)
class Outcome:
    """What a dbt command ended in.

    Attributes
    ----------
    success : whether dbt would exit with 0.
    messages : what the project's own macros logged, such as why nothing was published.
    failures : a sentence for each thing that failed by itself.
    statuses : dbt's status of each node, by name.
    """

    success: bool
    messages: list[str]
    failures: list[str]
    statuses: dict[str, str]


@dataclass(frozen=True)
class Project:
    """A dbt project in a folder of its own."""

    folder: Path

    def dbt(self, *arguments: str, dataset: str = "sample", **variables: Any) -> Outcome:
        """Run a dbt command on a dataset; `variables` are further vars."""
        messages: list[str] = []

        def listen(event: Any) -> None:
            if event.info.name == "JinjaLogInfo":
                messages.append(event.data.msg)

        with contextlib.chdir(self.folder):
            result = invoke_dbt(
                [
                    *("--log-level", "none"),
                    *arguments,
                    *("--project-dir", ".", "--profiles-dir", "."),
                    # Vars decide what dbt can keep of its last parse.
                    *("--target-path", f"target/{dataset}"),
                    *("--vars", json.dumps({"dataset": dataset, **variables})),
                ],
                callbacks=[listen],
            )
        return Outcome(
            success=result.success,
            messages=messages,
            failures=explain_failures(result),
            statuses={
                one.node.name: str(one.status)
                for one in getattr(result.result, "results", None) or []
                if hasattr(one, "node")
            },
        )

    def build(
        self, *, dataset: str = "sample", has_unit_tests: bool = False, **variables: Any
    ) -> Build:
        """Build, test and publish a dataset; the calling test fails where that fails.

        Unit tests have rows of their own, so one dataset runs them for all.
        """
        without = [] if has_unit_tests else ["--exclude-resource-type", "unit_test"]
        outcome = self.dbt("build", *without, dataset=dataset, **variables)
        assert outcome.success, "\n".join(outcome.failures)
        return Build(project=self, dataset=dataset, outcome=outcome)

    def published(self, dataset: str = "sample") -> Path:
        """Return the file for readers."""
        return self.folder / "published" / f"{dataset}.duckdb"

    def warehouse(self, dataset: str = "sample") -> Path:
        """Return the working database."""
        return self.folder / "warehouse" / f"{dataset}.duckdb"


@dataclass(frozen=True)
class Build:
    """A dataset that was built and published."""

    project: Project
    dataset: str
    outcome: Outcome
    published: Path = field(init=False)
    warehouse: Path = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "published", self.project.published(self.dataset))
        object.__setattr__(self, "warehouse", self.project.warehouse(self.dataset))

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Return the rows of a query on the published file."""
        return query(self.published, sql)


def query(database: Path, sql: str) -> list[tuple[Any, ...]]:
    """Return the rows of a query on a database file, which is closed again."""
    with duckdb.connect(str(database), read_only=True) as connection:
        return connection.execute(sql).fetchall()


@contextlib.contextmanager
def held_elsewhere(database: Path) -> Iterator[int]:
    """Let another process hold a database as a run does; yields its number."""
    hold = (
        "import duckdb, sys; held = duckdb.connect(sys.argv[1]); print('held', flush=True); "
        "sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", hold, str(database)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout.readline() == b"held\n"
        try:
            yield holder.pid
        finally:
            holder.stdin.close()


def content_of(database: Path, *, leave_out: Iterable[str] = ()) -> dict[str, list[str]]:
    """Return every table's rows as sorted text, by qualified name."""
    with duckdb.connect(str(database), read_only=True) as connection:
        tables = connection.execute(
            "select schema_name || '.' || table_name from duckdb_tables() order by all"
        ).fetchall()
        return {
            table: sorted(
                repr(row) for row in connection.execute(f"select * from {table}").fetchall()
            )
            for (table,) in tables
            if table not in leave_out
        }


def copy_project(folder: Path, names: Iterable[str] = PROJECT_FILES) -> Project:
    """Copy files and folders of the repository into a folder, without what Python cached."""
    for name in names:
        source, target = REPO_ROOT / name, folder / name
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        elif source.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
    # dbt reads tests/generic and tests/singular; these fixtures are pytest's.
    shutil.rmtree(folder / "tests" / "python", ignore_errors=True)
    return Project(folder)


@pytest.fixture(scope="session")
def repo_root() -> Path:
    return REPO_ROOT


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A copy of the whole project with its sample."""
    return copy_project(tmp_path_factory.mktemp("project"))


@pytest.fixture(scope="session")
def sample_build(project: Project, tmp_path_factory: pytest.TempPathFactory) -> Build:
    """The sample, built and published once for all tests that only read it.

    Several processes of pytest share one build: the first to need it makes it, the others wait
    and take a copy.
    """
    if "PYTEST_XDIST_WORKER" not in os.environ:
        return project.build(has_unit_tests=True)
    shared = tmp_path_factory.getbasetemp().parent / "sample_build"
    told = shared / "outcome.json"
    with FileLock(shared.with_suffix(".lock")):
        if not told.exists():
            shutil.rmtree(shared, ignore_errors=True)
            outcome = copy_project(shared).build(has_unit_tests=True).outcome
            told.write_text(json.dumps(asdict(outcome)), encoding="utf-8")
    for made in ("warehouse", "published", "state", "target"):
        shutil.copytree(shared / made, project.folder / made, dirs_exist_ok=True)
    outcome = Outcome(**json.loads(told.read_text(encoding="utf-8")))
    return Build(project=project, dataset="sample", outcome=outcome)


@pytest.fixture(scope="session")
def empty_page(sample_build: Build, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The dashboard of a published file whose tables have no rows, texts and publication apart."""
    folder = tmp_path_factory.mktemp("empty")
    published = folder / "empty.duckdb"
    shutil.copyfile(sample_build.published, published)
    with duckdb.connect(str(published)) as connection:
        tables = connection.execute(
            "select schema_name, table_name from duckdb_tables() where schema_name <> 'main'"
        ).fetchall()
        for schema, table in tables:
            if table not in ("page_texts", "code_labels"):
                connection.execute(f'delete from "{schema}"."{table}"')
        connection.execute("update main.publication set as_of_date = null")
    return make_dashboard(published, folder / "page.html").path


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data sets, which are not part of the repository."""
    folder = REPO_ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"real data sets are not at {folder}")
    return folder


TOY_FILES = {
    "data/sample/lines.csv": "id,name\n1,one\n2,two\n",
    # The command looks for one before dbt is loaded; no model reads it.
    "data/sample/order_lines.csv": "order_id,ordered_at,product_id,quantity,unit_price\n",
    "seeds/factors.csv": "id,factor\n1,10\n2,20\n",
    "macros/check_inputs.sql": (
        "{%- macro check_inputs() -%}{{- return(var('fault', none)) -}}{%- endmacro -%}"
    ),
    "macros/leave_out_erased.sql": "{%- macro leave_out_erased() -%}{%- endmacro -%}",
    "macros/plan_run.sql": "{%- macro plan_run() -%}{%- endmacro -%}",
    "macros/dataset_rows.sql": (
        "{%- macro dataset_rows() -%}"
        "{{- return({'error': none, 'checksums': {'factors': var('own_rows', '')}}) -}}"
        "{%- endmacro -%}"
        "{%- macro add_dataset_rows(seed) -%}{%- endmacro -%}"
    ),
    "macros/describe_inputs.sql": (
        "{%- macro describe_inputs() -%}"
        "{{- return({'settings': {'time_zone': 'Europe/Berlin'}}) -}}{%- endmacro -%}"
    ),
    "models/staging/contract/stg_lines.sql": (
        "select * from read_csv('data/' || '{{ var(\"dataset\") }}' || '/lines.csv')"
    ),
    "models/intermediate/int_as_of_date.sql": "select date '2025-01-31' as as_of_date",
    "models/core/dim_things.sql": (
        "select lines.id, lines.name, factors.factor\n"
        "from {{ ref('stg_lines') }} as lines\n"
        "left join {{ ref('factors') }} as factors using (id)"
    ),
    "models/core/order_line_ledger.sql": (
        "select (case when id = 13 then 'rejected' else 'accepted' end)\n"
        "        ::enum('accepted', 'rejected')\n"
        "    as decision, case when id = 13 then 'price \"x\" is not a number' end as reason,\n"
        "    id::decimal(18, 4) as amount\n"
        "from {{ ref('stg_lines') }}"
    ),
    "models/marts/segmentation/ml/scores.py": (
        "def model(dbt, session):\n"
        "    things = dbt.ref('dim_things')\n"
        "    return things.order('id').df()\n"
    ),
    "models/marts/segmentation/score_counts.sql": (
        "select count(*) as scores from {{ ref('scores') }}"
    ),
    "models/lists/list_catalog.sql": (
        "select 'list_things' as list_name, count(*) as members, 0 as control, 0 as holdout,\n"
        "    1234.5::decimal(18, 2) as expected_value, false as is_stopped,\n"
        "    null::varchar as stop_reason\n"
        "from {{ ref('dim_things') }}"
    ),
    "models/_models.yml": """
models:
  - name: dim_things
    config: {contract: {enforced: false}}
    description: "A thing's name. One row per thing."
    columns:
      - {name: id, description: "Key of the thing.", data_tests: [unique, not_null]}
  - {name: order_line_ledger, config: {contract: {enforced: false}}}
  - {name: score_counts, config: {contract: {enforced: false}}}
  - {name: scores, config: {contract: {enforced: false}}}
  - {name: list_catalog, config: {contract: {enforced: false}}}
unit_tests:
  - name: a_thing_without_factor_stays
    model: dim_things
    given:
      - {input: ref('stg_lines'), rows: [{id: 9, name: nine}]}
      - {input: ref('factors'), rows: []}
    expect: {rows: [{id: 9, name: nine}]}
""",
    "tests/no_large_thing.sql": "select * from {{ ref('dim_things') }} where id > 100",
    "tests/only_warns.sql": (
        "{{ config(severity='warn') }} select * from {{ ref('dim_things') }} where id = 1"
    ),
}


@pytest.fixture(scope="session")
def toy_template(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project of seven models with the real hooks, built and published once."""
    toy = copy_project(
        tmp_path_factory.mktemp("toy"),
        [
            "dbt_project.yml",
            "profiles.yml",
            "models/_groups.yml",
            "macros/run",
            "macros/sql/as_of_date.sql",
            "macros/sql/string_literal.sql",
        ],
    )
    for name, text in TOY_FILES.items():
        path = toy.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    toy.build()
    return toy


@pytest.fixture
def toy(toy_template: Project, tmp_path: Path) -> Project:
    """A toy project of the test's own, as its first build left it."""
    folder = tmp_path / "toy"
    shutil.copytree(toy_template.folder, folder)
    return Project(folder)


@pytest.fixture
def write_lines(toy: Project) -> Callable[[int], None]:
    """Return a function that gives the toy's raw file things numbered from 1."""

    def write(*ids: int) -> None:
        text = "id,name\n" + "".join(f"{one},thing {one}\n" for one in ids)
        (toy.folder / "data/sample/lines.csv").write_text(text, encoding="utf-8")

    return write


@pytest.fixture
def world(tmp_path: Path, monkeypatch) -> World:
    """Return a function that writes a dataset, and gives one that asks the run's tables.

    The question may call macros.
    """
    monkeypatch.chdir(tmp_path)
    folder = Path("data/shop")

    def write(variables: str = "{}", **files: str) -> Callable[[str, str], list[tuple]]:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            suffix = "yml" if name == "dataset" else "csv"
            (folder / f"{name}.{suffix}").write_text(text, encoding="utf-8")

        def ask(table: str, sql: str) -> list[tuple]:
            given = prepare("shop", Path("data"), variables)
            with duckdb.connect() as connection:
                models = open_models(connection, {**given, "adapter": adapter_of(given)})
                models.build(table)
                return models.fetch(sql)

        return ask

    return write
