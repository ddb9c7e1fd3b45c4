"""The dbt project: where it lies, and what its YAML files say."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import yaml

PROJECT_FILE = Path("dbt_project.yml")
PACKAGE = Path(__file__).resolve().parents[1]
# A wheel carries the project in the package; in the repository the package lies in the project.
PACKAGED = next(
    (
        folder
        for folder in (PACKAGE / "project", PACKAGE.parent)
        if (folder / PROJECT_FILE).is_file()
    ),
    PACKAGE / "project",
)
# Several times as fast, where PyYAML has it.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def is_here() -> bool:
    """Whether the folder of the command holds a dbt project of its own."""
    return PROJECT_FILE.is_file()


def project_folder() -> Path:
    """Return the folder of the dbt project: that of the command, else the one of the package."""
    return Path() if is_here() else PACKAGED


def project_path(name: str | Path) -> Path:
    """Return where a file or a folder of the dbt project lies, such as `seeds`."""
    return project_folder() / name


def read_project() -> dict[str, Any]:
    """Return what dbt_project.yml says."""
    return read_yaml(project_path(PROJECT_FILE))


def read_contract() -> dict[str, dict[str, str]]:
    """Return input -> column -> kind, with what order lines may have beyond the contract."""
    variables = read_project()["vars"]
    contract = dict(variables["input_contract"])
    extras = variables.get("order_line_extras") or {}
    return {**contract, "order_lines": {**contract.get("order_lines", {}), **extras}}


def package_version() -> str:
    """Return the version of the package; where none was installed, that of its dbt project."""
    try:
        return version("targeted-lists")
    except PackageNotFoundError:
        return str(read_yaml(PACKAGED / PROJECT_FILE)["version"])


def read_yaml(path: Path) -> dict[str, Any]:
    """Return what a YAML file says."""
    return yaml.load(path.read_text(encoding="utf-8"), LOADER) or {}


def search_path() -> str:
    """Return where SQL looks for relative paths: here first, as for `state/`, then the project.

    A path of DuckDB's setting that is not named is not looked at, not even the current folder.
    """
    return f".,{project_folder()}"
