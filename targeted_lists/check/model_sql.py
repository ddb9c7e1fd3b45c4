"""Models built by their own SQL and macros in a database of one's own, without dbt.

dbt takes seconds to be imported and to parse the project, whatever is asked of it. Who wants a
few tables only, to look at them and throw them away, gets them here: `ref` builds what a model
stands on first. What dbt offers to SQL is offered as far as those models need it; hooks other
than the refusal of a file, contracts, tests and descriptions are not.
"""

from __future__ import annotations

import importlib.util
import json
import re
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property, partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import jinja2

from targeted_lists.common.outcome import UserError
from targeted_lists.common.project import project_path, read_project
from targeted_lists.inputs.erasures import HASHES, find_erased
from targeted_lists.inputs.seeds import read_types

MACRO = re.compile(r"({%-?\s*macro\s+)(\w+)")
# Else macros of one file would call each other past `MacroFile.call`, which takes their returns.
PREFIX = "macro_"


class ModelError(UserError):
    """A model cannot be built; the message is one sentence for the user."""


class Returned(BaseException):
    """Carries out of a macro what it returns, which may be of any type."""


class Answer:
    """The rows of a query, as macros need them."""

    def __init__(self, relation: duckdb.DuckDBPyConnection) -> None:
        """Fetch them."""
        self.rows = relation.fetchall()
        self.column_names = [one[0] for one in relation.description]

    @property
    def columns(self) -> list[SimpleNamespace]:
        """Return the columns, each with its `values`."""
        return [
            SimpleNamespace(values=lambda place=place: [row[place] for row in self.rows])
            for place in range(len(self.column_names))
        ]


class Building:
    """The model that is being built, as its SQL and macros need it: `this` and `config`."""

    def __init__(self) -> None:
        """Begin with none; a model that another stands on is built meanwhile."""
        self.names: list[str] = []
        self.hooks: list[list[str]] = []

    @property
    def name(self) -> str:
        """Return its name."""
        return self.names[-1]

    def __str__(self) -> str:
        """Return its table."""
        return f'"{self.name}"'

    def __call__(self, **given: Any) -> str:
        """Take from its configuration what refuses a file."""
        hooks = given.get("post_hook", "")
        self.hooks[-1] += hooks if isinstance(hooks, list) else [hooks]
        return ""

    def get(self, _name: str, default: Any = None) -> Any:
        """Return the default, since nothing else is stored."""
        return default


class Models:
    """The project's models, each built when first needed.

    Parameters
    ----------
    connection : to the database in which they are built; lends SQL the project's functions.
    variables : those of the command, over those of `dbt_project.yml`.
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        variables: Mapping[str, Any],
    ) -> None:
        """Find the project's files; nothing is built yet."""
        self.connection = connection
        self.project = read_project()
        self.variables = {**self.project["vars"], **variables}
        self.built: set[str] = set()
        self.is_erased_known = False
        self.building = Building()
        self.files = {path.stem: path for path in sorted(project_path("models").rglob("*.sql"))}
        self.environment = jinja2.Environment(extensions=["jinja2.ext.do"])
        dbt = partial(SimpleNamespace, **self.find_macros(dbt_macro_folders()))
        self.macros = {**dbt().__dict__, **self.find_macros([project_path("macros")])}
        self.environment.globals.update(self.macros)
        self.environment.globals.update(self.offers(), dbt=dbt())

    def offers(self) -> dict[str, Any]:
        """Return what dbt offers to SQL besides its macros."""
        return {
            "adapter": SimpleNamespace(dispatch=self.dispatch, quote='"{}"'.format),
            "config": self.building,
            "erased_hashes": self.find_erased,
            "exceptions": SimpleNamespace(raise_compiler_error=refuse),
            "execute": True,
            "flags": SimpleNamespace(WHICH="run", FULL_REFRESH=False),
            "fromjson": json.loads,
            "invocation_args_dict": {},
            "is_incremental": lambda: False,
            "log": lambda *_arguments, **_options: "",
            "modules": SimpleNamespace(re=re),
            "record_watermark": lambda *_arguments, **_options: "",
            "project_name": self.project["name"],
            "load_relation": self.load_relation,
            "ref": self.build,
            "return": give_back,
            "source": lambda *names: ".".join(names),
            "run_query": lambda sql: Answer(self.connection.execute(sql)),
            "target": SimpleNamespace(database="memory", schema="main", type="duckdb"),
            "this": self.building,
            "tojson": json.dumps,
            "var": self.read_variable,
        }

    def find_macros(self, folders: Iterable[Path]) -> dict[str, Callable[..., Any]]:
        """Return the macros of some folders by name; of one name the last one counts."""
        found: dict[str, Callable[..., Any]] = {}
        for path in (path for folder in folders for path in sorted(folder.rglob("*.sql"))):
            text = path.read_text(encoding="utf-8")
            file = MacroFile(self.environment, text)
            for _, name in MACRO.findall(text):
                found[name] = partial(file.call, name)
        return found

    def dispatch(self, name: str, _package: str | None = None) -> Callable[..., Any]:
        """Return a macro as DuckDB needs it."""
        return self.macros.get(f"duckdb__{name}") or self.macros[f"default__{name}"]

    def load_relation(self, relation: Any) -> Any:
        """Return a table that is there; None of one that is not built yet."""
        name = str(relation).strip('"')
        there = self.connection.execute(
            "select 1 from duckdb_tables() where table_name = ?", [name]
        ).fetchone()
        return relation if there else None

    def find_erased(self) -> str:
        """Return the table of who is erased, which a run makes before it builds anything."""
        if not self.is_erased_known:
            self.is_erased_known = True
            request = self.render("{{ tojson(erasure_request()) }}")
            find_erased(self.connection, request=json.loads(request))
        return HASHES

    def read_variable(self, name: str, default: Any = None) -> Any:
        """Return a var; one that is set to nothing is like one that is not set."""
        return self.variables.get(name, default)

    def render(self, text: str) -> str:
        """Return SQL as it is after its macros."""
        return self.environment.from_string(text).render()

    def fetch(self, text: str) -> list[tuple]:
        """Return the rows of a query, in which macros and models may stand."""
        return self.connection.execute(self.render(text)).fetchall()

    def build(self, name: str) -> str:
        """Build a model or load a seed, with what it stands on; return its table."""
        if name in self.built:
            return name
        self.built.add(name)
        if name in self.files:
            self.build_sql(name)
        else:
            self.load_seed(name)
        return name

    def build_sql(self, name: str) -> None:
        """Build the table of a model of SQL, and let it refuse what it cannot read."""
        self.building.names.append(name)
        self.building.hooks.append([])
        sql = self.render(self.files[name].read_text(encoding="utf-8"))
        self.connection.execute(f'create table "{name}" as {sql}')
        for hook in self.building.hooks.pop():
            if statement := self.render(hook).strip():
                self.connection.execute(statement).fetchall()
        self.building.names.pop()

    def load_seed(self, name: str) -> None:
        """Load a seed; columns without a type in the project are of the type they look like."""
        types = ", ".join(
            f"'{column}': '{kind}'" for column, kind in self.seed_types.get(name, {}).items()
        )
        self.connection.execute(
            f'create table "{name}" as '
            f"select * from read_csv('seeds/{name}.csv', header = true, types = {{{types}}})"
        )
        self.building.names.append(name)
        if own := self.render("{{ add_dataset_rows(this) }}").strip():
            self.connection.execute(own)
        self.building.names.pop()

    @cached_property
    def seed_types(self) -> dict[str, dict[str, str]]:
        """Return the types that the project gives the columns of its seeds."""
        return read_types(project_path("seeds"))


class MacroFile:
    """A file of macros, which is parsed when one of them is first called."""

    def __init__(self, environment: jinja2.Environment, text: str) -> None:
        """Keep its text."""
        self.environment = environment
        self.text = MACRO.sub(rf"\1{PREFIX}\2", text)

    @cached_property
    def module(self) -> Any:
        """Return the file as Jinja knows it; what its macros ask for is offered to all."""
        return self.environment.from_string(self.text).module

    def call(self, name: str, *arguments: Any, **options: Any) -> Any:
        """Call a macro: its text, or what it returns."""
        macro = getattr(self.module, PREFIX + name)
        try:
            return macro(*arguments, **options)
        except Returned as returned:
            return returned.args[0]


def give_back(value: Any) -> None:
    """Leave a macro with a value, as dbt's `return` does."""
    raise Returned(value)


def refuse(sentence: str) -> None:
    """Stop with a sentence."""
    raise ModelError(sentence)


def dbt_macro_folders() -> list[Path]:
    """Return the folders of the macros of dbt and of its adapter, without importing them."""
    folders = importlib.util.find_spec("dbt").submodule_search_locations
    return [
        path
        for package in ("global_project", "duckdb")
        for folder in folders
        if (path := Path(folder) / "include" / package / "macros").is_dir()
    ]
