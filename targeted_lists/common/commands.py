"""Commands as a sentence names them: as they were called, through `make` or by themselves."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from typing import Any

import yaml

# The Makefile says so of the commands that it runs.
THROUGH_MAKE = "TARGETED_LISTS_MAKE"
USUAL = {"dataset": "sample", "data_dir": "data"}


def command(verb: str, *, variables: Mapping[str, Any] | None = None, **options: Any) -> str:
    """Return a command to be typed, without what is its default.

    Parameters
    ----------
    variables : further vars of dbt. options : by name; True is a flag.

    >>> command("lists", dataset="shop", full=True)
    'targeted-lists lists --dataset shop --full'
    """
    given = {
        name: value
        for name, value in options.items()
        if value not in (None, False, "") and str(value) != USUAL.get(name)
    }
    if variables:
        given["vars"] = yaml.safe_dump(
            dict(variables),
            default_flow_style=True,
            allow_unicode=True,
            sort_keys=False,
            width=10**6,
        ).strip()
    if os.environ.get(THROUGH_MAKE):
        words = [
            f"{name.upper()}={1 if value is True else shlex.quote(str(value))}"
            for name, value in given.items()
        ]
        return " ".join(["make", verb, *words])
    words = [
        f"--{name.replace('_', '-')}" + ("" if value is True else f" {shlex.quote(str(value))}")
        for name, value in given.items()
    ]
    return " ".join(["targeted-lists", verb, *words])
