"""Telling the user what a long step is doing."""

from __future__ import annotations

from dbt_common.events.functions import fire_event
from dbt_common.events.types import Note


def log_step(sentence: str) -> None:
    """Say in the log of the dbt run, and next to its progress bar, what a model is doing now."""
    fire_event(Note(msg=sentence))
