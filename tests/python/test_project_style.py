"""The project's style, read off dbt's manifest: STYLE.md as code.

A failing test lists every model, column or file that breaks the rule.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import duckdb
import pytest
from conftest import REPO_ROOT, Build, Project

from targeted_lists.authoring.lineage import COLUMNS, folder_of
from targeted_lists.runs import run_end

Node = dict[str, Any]

ADAPTERS = sorted(path.name for path in (REPO_ROOT / "models/staging").iterdir() if path.is_dir())
PREFIXES = {
    "staging": ("stg_",),
    "intermediate": ("int_",),
    "core": (
        "dim_",
        "fct_",
        "source_",
        "order_line_ledger",
        "input_ledger",
        "order_differences",
        "customer_key",
        "identity_findings",
        "product_categories",
        "page_texts",
    ),
    "lists": ("list_",),
}
KEY_TESTS = {"unique", "unique_combination"}
GRAIN = re.compile(r"One row per [^.]+\.$")
CLOCKS = re.compile(
    r"\b(current_date|current_timestamp|localtimestamp|now\s*\(|today\s*\(|getdate\s*\()", re.I
)
LONGEST_PYTHON_MODEL = 20
# What a Python model makes that no table publishes alone.
OF_NO_TABLE = {
    "basket_strata",
    "campaign_checks",
    "cluster_inputs",
    "cluster_models",
    "item_neighbours",
    "list_checks",
    "new_customer_models",
    "response_models",
    "response_predictions",
    "uplift_predictions",
}
SHORT_FILE = 120
LONGEST_FILE = 200
# SQL files that are longer, by folder. These numbers may only fall.
LONG_FILES = Counter(
    {
        "core": 1,
        "intermediate": 3,
        "new_customers": 1,
        "pivots": 1,
        "targeting": 3,
    }
)


@pytest.fixture(scope="module")
def manifests(project: Project) -> list[dict[str, Any]]:
    """The project as dbt sees it, once for each adapter."""
    manifests = []
    for adapter in ADAPTERS:
        outcome = project.dbt("parse", "--no-partial-parse", adapter=adapter)
        assert outcome.success, "\n".join(outcome.failures)
        path = project.folder / "target/sample/manifest.json"
        manifests.append(json.loads(path.read_text(encoding="utf-8")))
    return manifests


def nodes_of(manifests: list[dict[str, Any]], kind: str) -> list[Node]:
    """Return the nodes of a kind that any adapter enables, in order of their id."""
    found: dict[str, Node] = {}
    for manifest in manifests:
        for unique_id, node in manifest["nodes"].items():
            if node["resource_type"] == kind and node["config"]["enabled"]:
                found.setdefault(unique_id, node)
    return [found[unique_id] for unique_id in sorted(found)]


@pytest.fixture(scope="module")
def models(manifests: list[dict[str, Any]]) -> list[Node]:
    return nodes_of(manifests, "model")


@pytest.fixture(scope="module")
def seeds(manifests: list[dict[str, Any]]) -> list[Node]:
    return nodes_of(manifests, "seed")


@pytest.fixture(scope="module")
def keyed(manifests: list[dict[str, Any]]) -> set[str]:
    """Ids of the models and seeds whose key is tested."""
    return {
        test["attached_node"]
        for test in nodes_of(manifests, "test")
        if (test.get("test_metadata") or {}).get("name") in KEY_TESTS
    }


def is_published(node: Node) -> bool:
    """Whether readers get the model: not what lies in preparation/ or ml/."""
    return run_end.is_published({**node, "folders": node["fqn"][1:-1]})


def is_sql(node: Node) -> bool:
    return node["language"] == "sql"


def source_of(node: Node) -> str:
    return (REPO_ROOT / node["original_file_path"]).read_text(encoding="utf-8")


def names(nodes: Iterable[Node]) -> list[str]:
    return [node["name"] for node in nodes]


def test_there_are_models_of_every_layer_and_adapter(models: list[Node]) -> None:
    # Without it the tests below would pass on an empty manifest.
    assert {node["fqn"][1] for node in models} == {
        path.name for path in (REPO_ROOT / "models").iterdir() if path.is_dir()
    } - {"docs"}
    assert {node["fqn"][2] for node in models if node["fqn"][1] == "staging"} == set(ADAPTERS)


def test_every_model_file_is_enabled_by_some_adapter(models: list[Node]) -> None:
    files = {
        path.relative_to(REPO_ROOT).as_posix()
        for ending in ("sql", "py")
        for path in (REPO_ROOT / "models").rglob(f"*.{ending}")
    }
    assert {node["original_file_path"] for node in models} == files


def test_prefix_is_the_folders(models: list[Node]) -> None:
    wrong = [
        node
        for node in models
        if is_published(node) or folder_of(node) in ("staging", "intermediate")
        if not node["name"].startswith(PREFIXES.get(folder_of(node), ("",)))
    ]
    assert names(wrong) == []


def test_a_prefix_is_used_in_its_folder_alone(models: list[Node]) -> None:
    own = {
        "stg_": "staging",
        "int_": "intermediate",
        "dim_": "core",
        "fct_": "core",
    }
    wrong = [
        node
        for node in models
        for prefix, folder in own.items()
        if node["name"].startswith(prefix) and folder_of(node) != folder
    ]
    assert names(wrong) == []


def test_staging_names_its_adapter(models: list[Node]) -> None:
    wrong = [
        node
        for node in models
        if node["fqn"][1] == "staging" and not node["name"].startswith(f"stg_{node['fqn'][2]}__")
    ]
    assert names(wrong) == []


def test_every_model_and_seed_ends_its_description_with_its_grain(
    models: list[Node], seeds: list[Node]
) -> None:
    wrong = [
        node for node in models + seeds if not GRAIN.search(" ".join(node["description"].split()))
    ]
    assert names(wrong) == []


def test_every_described_column_says_something(models: list[Node], seeds: list[Node]) -> None:
    wrong = [
        f"{node['name']}.{column['name']}"
        for node in models + seeds
        for column in node["columns"].values()
        if not column["description"].strip() or "TODO" in column["description"]
    ]
    assert wrong == []


def test_every_seed_column_is_described(seeds: list[Node]) -> None:
    wrong = {}
    for node in seeds:
        header = source_of(node).splitlines()[0].split(",")
        if header != list(node["columns"]):
            wrong[node["name"]] = header
    assert wrong == {}


def test_every_built_column_is_described(sample_build: Build, models: list[Node]) -> None:
    # In marts and lists contracts see to it; here is every table that the sample has.
    with duckdb.connect(str(sample_build.warehouse), read_only=True) as connection:
        rows = connection.execute(
            "select schema_name, table_name, column_name from duckdb_columns() "
            "where not internal order by schema_name, table_name, column_index"
        ).fetchall()
    built: dict[tuple[str, str], list[str]] = {}
    for schema, table, column in rows:
        built.setdefault((schema, table), []).append(column)
    wrong = {}
    for node in models:
        columns = built.get((node["schema"], node["name"]))
        if columns is not None and columns != list(node["columns"]):
            wrong[node["name"]] = sorted(set(columns) ^ set(node["columns"])) or "order"
    assert wrong == {}


def test_every_published_model_has_a_contract(models: list[Node]) -> None:
    wrong = [
        node
        for node in models
        if is_published(node) and not node["config"]["contract"]["enforced"]
    ]
    assert names(wrong) == []


def test_every_model_of_marts_and_lists_has_its_key_tested(
    models: list[Node], keyed: set[str]
) -> None:
    wrong = [node for node in models if is_published(node) and node["unique_id"] not in keyed]
    assert names(wrong) == []


def test_only_tables_are_published(models: list[Node]) -> None:
    wrong = [
        node
        for node in models
        if is_published(node)
        and node["config"]["materialized"] not in ("table_in_place", "incremental", "reusable")
    ]
    assert names(wrong) == []


def test_marts_and_lists_never_read_staging(models: list[Node]) -> None:
    wrong = [
        f"{node['name']} reads {parent}"
        for node in models
        if is_published(node)
        for parent in node["depends_on"]["nodes"]
        if ".stg_" in parent
    ]
    assert wrong == []


def test_no_reference_runs_up_a_layer(models: list[Node]) -> None:
    layers = {folder: number for number, column in enumerate(COLUMNS) for folder in column}
    by_id = {node["unique_id"]: node for node in models}
    links = {
        (folder_of(by_id[parent]), folder_of(node), by_id[parent]["name"], node["name"])
        for node in models
        for parent in node["depends_on"]["nodes"]
        if parent in by_id and folder_of(by_id[parent]) != folder_of(node)
    }
    assert len(links) > 100
    assert {folder_of(node) for node in models} == set(layers)
    # Within a column no folder reads another, so none is crossed both ways.
    assert [link for link in sorted(links) if layers[link[0]] >= layers[link[1]]] == []


def test_a_python_model_bears_the_name_of_its_table(models: list[Node]) -> None:
    tables = {node["name"] for node in models if is_published(node)}
    python = [node for node in models if not is_sql(node)]
    assert len(python) > 30
    wrong = [
        node["name"]
        for node in python
        if node["fqn"][-2] != "ml"
        or not node["name"].startswith("ml_")
        or (node["name"].removeprefix("ml_") not in tables | OF_NO_TABLE)
    ]
    assert wrong == []
    assert [
        node["name"] for node in models if is_sql(node) and node["name"].startswith("ml_")
    ] == []


def test_files_are_short(models: list[Node]) -> None:
    """How many SQL files of a folder are over 120 lines may only fall; none is over 200."""
    lengths = {
        node["name"]: (folder_of(node), len(source_of(node).splitlines()))
        for node in models
        if is_sql(node)
    }
    assert {name for name, (_, length) in lengths.items() if length > LONGEST_FILE} == set()
    long = Counter(folder for folder, length in lengths.values() if length > SHORT_FILE)
    more = {folder: number for folder, number in long.items() if number > LONG_FILES[folder]}
    assert more == {}, "split what is new"
    fewer = {folder: number for folder, number in LONG_FILES.items() if number > long[folder]}
    assert fewer == {}, "lower LONG_FILES: there are fewer now"


def test_parts_of_a_table_have_no_data_tests(manifests: list[dict[str, Any]]) -> None:
    """Each would compute the part again; its rules have unit tests, and its table a key test."""
    for manifest in manifests:
        parts = {
            key
            for key, node in manifest["nodes"].items()
            if node["resource_type"] == "model" and node["config"]["materialized"] == "ephemeral"
        }
        assert len(parts) > 50
        assert [
            node["name"]
            for node in manifest["nodes"].values()
            if node["resource_type"] == "test" and parts & set(node["depends_on"]["nodes"])
        ] == []


def test_a_table_with_parts_is_rebuilt_by_what_the_run_knows_at_its_start(
    models: list[Node],
) -> None:
    """A part is compiled when its own parents stand; what its table reads may stand later.

    So the two would decide differently whether an upstream fingerprint has changed.
    """
    whole = {
        node["config"]["meta"]["part_of_table"]
        for node in models
        if "part_of_table" in node["config"]["meta"]
    }
    assert whole
    assert [
        node["name"]
        for node in models
        if node["name"] in whole and "upstream_fingerprint" in node["config"]["meta"]
    ] == []


def test_no_model_asks_the_clock(models: list[Node]) -> None:
    macros = [path.read_text(encoding="utf-8") for path in (REPO_ROOT / "macros").rglob("*.sql")]
    assert names(node for node in models if CLOCKS.search(source_of(node))) == []
    assert [text.splitlines()[0] for text in macros if CLOCKS.search(text)] == []


def test_python_models_only_wire(models: list[Node]) -> None:
    long = [
        node
        for node in models
        if not is_sql(node)
        and len([line for line in source_of(node).splitlines() if line.strip()])
        > LONGEST_PYTHON_MODEL
    ]
    assert names(long) == []


def test_one_yaml_file_of_models_a_folder(models: list[Node]) -> None:
    homes: dict[str, set[str]] = {}
    for node in models:
        folder = Path(node["original_file_path"]).parent.as_posix()
        homes.setdefault(folder, set()).add(str(node["patch_path"]))
    assert {folder: files for folder, files in homes.items() if len(files) != 1} == {}


def test_every_unit_test_says_its_rule(manifests: list[dict[str, Any]]) -> None:
    unit_tests = {
        unique_id: one
        for manifest in manifests
        for unique_id, one in manifest["unit_tests"].items()
    }
    assert unit_tests
    assert [one["name"] for one in unit_tests.values() if not one["description"].strip()] == []


def test_every_singular_test_says_its_rule() -> None:
    files = list((REPO_ROOT / "tests/singular").rglob("*.sql"))
    assert files
    wrong = [path.name for path in files if not path.read_text("utf-8").startswith(("--", "{#"))]
    assert wrong == []


def test_every_macro_is_documented_and_named_as_its_file() -> None:
    wrong = []
    for path in (REPO_ROOT / "macros").rglob("*.sql"):
        text = path.read_text(encoding="utf-8")
        is_named = path.stem in re.findall(r"{%-?\s*(?:macro|materialization)\s+(\w+)", text)
        # Labels of time share a file: there is one for each, and one page that shows all.
        if not text.startswith("{#") or not (is_named or path.stem == "time_labels"):
            wrong.append(path.name)
    assert wrong == []


def test_the_lineage_picture_names_every_mart_and_list(models: list[Node]) -> None:
    picture = (REPO_ROOT / "docs" / "lineage.svg").read_text(encoding="utf-8")
    shown = {node["name"] for node in models if is_published(node)}
    assert shown
    assert [name for name in sorted(shown) if f">{name}</text>" not in picture] == []


def test_every_bad_input_that_is_documented_has_its_test() -> None:
    table = (REPO_ROOT / "docs/bad_inputs.md").read_text(encoding="utf-8")
    rows = [line for line in table.splitlines() if line.startswith("| ")][1:]
    assert len(rows) > 25
    for row in rows:
        named = re.findall(r"`(test_\w+\.py)::(test_\w+)`", row.rpartition(" | ")[2])
        assert named, row
        for file, test in named:
            text = (REPO_ROOT / "tests/python" / file).read_text(encoding="utf-8")
            assert f"def {test}(" in text, (file, test)
