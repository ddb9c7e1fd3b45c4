"""Connectors: what the exports of a platform look like, one YAML each."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from targeted_lists.common.project import read_yaml

# Of the headings that tell a platform, for one of them to be renamed.
LEAST_TELLING = 5
FOLDER = Path(__file__).parent / "platforms"
PARTS = {"title", "told_by", "adapter", "input", "columns", "order_fields", "settings"}


class ConnectorError(ValueError):
    """A connector is unsound; the message names the file and the line at fault."""


@dataclass(frozen=True)
class Connector:
    """What the exports of one platform look like.

    Attributes
    ----------
    name : of the file, as dataset.yml names it. title : for people.
    told_by : headings that tell the platform; every one must be there.
    adapter : of the project that reads it; empty for the contract's.
    input : what its rows are.
    columns : column of the project -> headings, of which the first that is not empty counts.
    order_fields : columns that stand on the first line of an order alone.
    settings : how its files are written, where that is always the same.
    """

    name: str
    title: str
    told_by: list[str]
    adapter: str
    input: str
    columns: dict[str, list[str]]
    order_fields: list[str]
    settings: dict[str, str]

    def fits(self, headings: list[str]) -> bool:
        """Whether a file with these headings is of the platform."""
        lowered = {heading.strip().lower() for heading in headings}
        return all(one.lower() in lowered for one in self.told_by)


@functools.cache
def read_connectors(folder: Path = FOLDER) -> dict[str, Connector]:
    """Return the connectors by name.

    Raises
    ------
    ConnectorError : one is unsound.
    """
    return {path.stem: read_connector(path) for path in sorted(folder.glob("*.yml"))}


def read_connector(path: Path) -> Connector:
    """Return one connector, as its file describes it.

    Raises
    ------
    ConnectorError : the file lacks a part, or has one of another kind.
    """
    given: dict[str, Any] = read_yaml(path)
    if extra := given.keys() - PARTS:
        raise ConnectorError(
            f"{path}: {min(extra)} is no part; there are {', '.join(sorted(PARTS))}"
        )
    needed = {"title": str, "told_by": list, "input": str}
    if not given.get("adapter"):
        needed["columns"] = dict
    for part, kind in needed.items():
        if not isinstance(given.get(part), kind) or not given[part]:
            raise ConnectorError(f"{path}: {part} is missing, or not a {kind.__name__}")
    columns = {
        column: [headings] if isinstance(headings, str) else list(headings)
        for column, headings in (given.get("columns") or {}).items()
    }
    order_fields = list(given.get("order_fields") or [])
    if unknown := sorted(set(order_fields) - columns.keys()):
        raise ConnectorError(f"{path}: {unknown[0]} is an order field and no column")
    return Connector(
        name=path.stem,
        title=given["title"],
        told_by=[str(one) for one in given["told_by"]],
        adapter=given.get("adapter", ""),
        input=given["input"],
        columns=columns,
        order_fields=order_fields,
        settings={name: str(value) for name, value in (given.get("settings") or {}).items()},
    )


def find_near_connector(headings: list[str]) -> tuple[Connector, str] | None:
    """Return the platform that a file's headings tell but for one of five, and that heading."""
    lowered = {heading.strip().lower() for heading in headings}
    for connector in read_connectors().values():
        missing = [one for one in connector.told_by if one.lower() not in lowered]
        if len(missing) == 1 and len(connector.told_by) >= LEAST_TELLING:
            return connector, missing[0]
    return None


def find_connector(headings: list[str]) -> Connector | None:
    """Return the connector of the platform that a file's headings tell; the fullest of several."""
    fitting = [one for one in read_connectors().values() if one.fits(headings)]
    return max(fitting, key=lambda one: len(one.told_by), default=None)
