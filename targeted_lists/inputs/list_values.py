"""What the columns of a list may hold, wherever its row is written."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

from targeted_lists.common.project import project_path

CHANNELS = "seeds/contact_channels.csv"
CHOICES = {
    "ranking": ("expected value", "score"),
    "allows_other_lists": ("false", "true"),
    "valued_by": ("lift", "responses"),
}
LEAST_WHOLE = {"priority": 1, "capacity": 1, "cooldown_days": 0, "valid_days": 1}
AMOUNTS = ("contact_cost", "offer_cost", "budget", "minimum_expected_value")
# Of the seed list_priors.
PROBABILITIES = ("baseline_probability", "added_probability", "smallest_effect")


def find_value_fault(row: Mapping[str, str]) -> str | None:
    """Return a sentence on the first value that a run would stumble over; None if there is none.

    Parameters
    ----------
    row : some columns of the seeds list_definitions and list_priors, as text.
    """
    return (
        find_text_fault(row)
        or find_number_fault(row)
        or find_mart_fault(row)
        or find_channel_fault(row)
    )


def find_text_fault(row: Mapping[str, str]) -> str | None:
    """Return a sentence on a text that cannot be one, or is none of its column's words."""
    for column, value in row.items():
        if not value.isprintable() or "{" in value or "}" in value:
            return f"{column} is one line of text without braces, not {value!r}."
        if column in CHOICES and value not in CHOICES[column]:
            return f"{column} is {' or '.join(CHOICES[column])}, not {value!r}."
        if column.endswith("_ru") and value and not re.search("[\u0400-\u04ff]", value):
            return f"{column} is the Russian text, not {value!r}."
    return None


def find_number_fault(row: Mapping[str, str]) -> str | None:
    """Return a sentence on a number that is none, or out of its range."""
    for column, value in row.items():
        if column in LEAST_WHOLE:
            least = LEAST_WHOLE[column]
            if not re.fullmatch(r"\d{1,9}", value, re.ASCII) or int(value) < least:
                return f"{column} is a whole number from {least} on, not {value!r}."
        if column in AMOUNTS and value and not is_within(value, 0, 10**9 - 1):
            return f"{column} is an amount from 0 on, such as 2.50, not {value!r}."
        if column in PROBABILITIES and not is_within(value, -1, 1):
            return f"{column} is a share such as 0.02, not {value!r}."
    return None


def find_mart_fault(row: Mapping[str, str]) -> str | None:
    """Return a sentence on a mart that is not there."""
    folder = project_path("models/marts")
    marts = sorted(path.name for path in folder.iterdir() if path.is_dir())
    if "source_mart" in row and row["source_mart"] not in marts:
        return f"source_mart {row['source_mart']!r} is none of {', '.join(marts)}."
    return None


def find_channel_fault(row: Mapping[str, str]) -> str | None:
    """Return a sentence on a channel that is not there, or is named twice."""
    if "channel" not in row:
        return None
    channels = read_channels()
    requested = row["channel"].split(" ")
    if unknown := [one for one in requested if one not in channels]:
        return (
            f"channel {unknown[0]!r} is none of {', '.join(channels)} ({CHANNELS}); "
            "of several the preferred one is first, with one blank between them."
        )
    if len(set(requested)) < len(requested):
        return f"channel {row['channel']!r} names one twice."
    return None


def read_channels() -> list[str]:
    """Return the channels by which customers can be contacted."""
    with project_path(CHANNELS).open(encoding="utf-8", newline="") as file:
        return [row["channel"] for row in csv.DictReader(file)]


def is_within(text: str, least: int, most: int) -> bool:
    """Return whether a text is a number from `least` to `most`."""
    try:
        return least <= Decimal(text) <= most
    except InvalidOperation:
        return False
