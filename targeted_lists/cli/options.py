"""The options that several verbs have, and the examples under their help."""

from __future__ import annotations

import enum
from pathlib import Path
from typing import Annotated

import typer


class Tool(enum.StrEnum):
    """What takes an exported list."""

    csv = "csv"
    google = "google"
    meta = "meta"
    yandex = "yandex"


class Language(enum.StrEnum):
    """What the page speaks."""

    en = "en"
    ru = "ru"


class Layout(enum.StrEnum):
    """How the files of the sample are written."""

    contract = "contract"
    order_export = "order_export"
    shopify = "shopify"
    woocommerce_lines = "woocommerce_lines"
    woocommerce_packed = "woocommerce_packed"
    report_1c = "report_1c"


Dataset = Annotated[str, typer.Option(help="Name of the dataset, a folder.", show_default=True)]
DataDir = Annotated[Path, typer.Option(help="Where that folder lies.")]
Vars = Annotated[
    str, typer.Option("--vars", metavar="YAML", help="Further vars of dbt: '{language: ru}'.")
]
ListName = Annotated[str, typer.Option("--list", metavar="NAME", help="Name of the list.")]
Json = Annotated[bool, typer.Option("--json", help="Print the result as one JSON object.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show where a fault of the program is.")]
DATA = Path("data")


def examples(*commands: str) -> str:
    """Return the end of a command's help: each example on a line of its own."""
    return "\n\n".join(["Examples:", *(f"targeted-lists {one}" for one in commands)])
