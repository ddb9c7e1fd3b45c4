"""Names and values written into SQL where DuckDB takes no parameters."""

from __future__ import annotations


def qualified(*names: str) -> str:
    """Return names as one quoted, dotted identifier."""
    return ".".join(quoted(name) for name in names)


def quoted(name: str) -> str:
    """Return a name as a quoted identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: object) -> str:
    """Return a value as a SQL string; attach and comment take no parameters."""
    return "'" + str(value).replace("'", "''") + "'"
