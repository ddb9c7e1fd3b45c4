"""The YAML files of the project."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

PROJECT_FILE = Path("dbt_project.yml")
# Several times as fast, where PyYAML has it.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_project() -> dict[str, Any]:
    """Return what dbt_project.yml says."""
    return read_yaml(PROJECT_FILE)


def read_yaml(path: Path) -> dict[str, Any]:
    """Return what a YAML file says."""
    return yaml.load(path.read_text(encoding="utf-8"), LOADER) or {}
