"""A list of the user's own: every file that a list needs, written from its name and purpose.

All is checked and made up before anything is written, and the files take their places together.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from rich.console import Console

from targeted_lists.authoring.dataset_lists import define_for_dataset
from targeted_lists.authoring.list_files import (
    DEFINITIONS,
    LABELS,
    ListError,
    candidates_file,
    compose_files,
    define_for_all,
    describe_files,
    find_names,
    read_rows,
    read_text,
)
from targeted_lists.common import files
from targeted_lists.common.commands import command
from targeted_lists.common.console import say
from targeted_lists.common.outcome import Outcome
from targeted_lists.common.project import PROJECT_FILE
from targeted_lists.inputs.list_values import find_value_fault
from targeted_lists.inputs.lists_file import find_lists_file, read_lists

# Defaults where the command says nothing; the names are those of the seed.
DEFAULTS = {
    "purpose": "",
    "purpose_ru": "",
    "consent_purpose": "marketing",
    "source_mart": "rfm",
    "ranking": "expected value",
    "channel": "email",
    "offer": "",
    "offer_ru": "",
    "priority": "",
    "capacity": "500",
    "cooldown_days": "60",
    "valid_days": "14",
    "contact_cost": "0.02",
    "offer_cost": "0.00",
    "budget": "",
    "minimum_expected_value": "0.00",
    "allows_other_lists": "false",
    "valued_by": "lift",
}
OFFER = {"offer": "A personal message", "offer_ru": "Личное сообщение"}
LONGEST_NAME = 40


def add_list(name: str, given: Mapping[str, str], folder: Path | None = None) -> Outcome:
    """Write a list, and say what was written and what comes next.

    Parameters
    ----------
    given : by column of the seed list_definitions; what is empty gets its default.
    folder : of the dataset whose list it is, where it is no list of all; one that has a
        `lists.csv` gets the row there.

    Returns
    -------
    `files` (what was written, by what it is for) and the file of its `candidates`.

    Raises
    ------
    ListError : the list is unsound, or a file cannot be written; nothing was, unless the message
        says so.
    """
    here = Path()
    try:
        # One that was killed while it wrote is finished first.
        files.finish(here)
        own = folder if folder and find_lists_file(folder) else None
        definition = define_list(name, given, own)
        defined = define_for_dataset(definition, own) if own else define_for_all(definition)
        texts = compose_files(definition, defined)
        files.replace_together(
            here,
            {
                path: lambda draft, text=text: draft.write_text(text, "utf-8", newline="")
                for path, text in texts.items()
            },
            mode=None,
        )
    except files.UnfinishedError as error:
        raise ListError(
            f"{error.filename} cannot be replaced ({error.strerror}); run the same command again."
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise ListError(
            f"No list was written, for a file cannot be read or written ({error})."
        ) from error
    console = Console()
    say(console, f"The list {name} ({definition['purpose']}) is written:")
    written = describe_files(definition, defined)
    for path, what in written.items():
        say(console, f"  {path}: {what}")
    if not (definition["purpose_ru"] and definition["offer_ru"]):
        say(
            console,
            f"In Russian it reads as in English until {next(iter(written))} has purpose_ru and "
            f"offer_ru and {LABELS} its label; the tests of the project ask for them.",
        )
    from targeted_lists.authoring import lineage

    try:
        lineage.main()
    except (SystemExit, ValueError) as error:
        raise ListError(f"{lineage.PICTURE} is as it was: {error}") from error
    candidates = candidates_file(name)
    then = command("lists", dataset=folder.name if folder else None)
    say(console, f"Say in {candidates} who belongs in it, then: {then}")
    return Outcome({"files": [str(path) for path in written], "candidates": candidates})


def define_list(name: str, given: Mapping[str, str], own: Path | None = None) -> dict[str, str]:
    """Return the row of a list in the seed list_definitions.

    Parameters
    ----------
    given : by column of the seed; what is empty gets its default.
    own : folder of the dataset in whose `lists.csv` it will be.

    Raises
    ------
    ListError : the name is taken or cannot name a table, or a value is unsound.
    """
    refuse_name(name)
    known = {row["list_name"]: row for row in read_rows(DEFINITIONS)}
    for listed, (_, row) in (read_lists(find_lists_file(own)) if own else {}).items():
        known[listed] = {**known.get(listed, {}), **row}
    rows = list(known.values())
    named = {row["list_name"] for row in rows} | set(find_names(read_text(PROJECT_FILE)))
    if name in named:
        raise ListError(
            f"The list {name} is there already ({DEFINITIONS}); edit its row and "
            f"{candidates_file(name)}, or choose another name."
        )
    if taken := find_taken(name):
        raise ListError(f"{taken} has that name already; choose another one than {name}.")
    row = {column: given.get(column, "").strip() for column in DEFAULTS}
    # A description goes on behind it with a full stop of its own.
    row |= {column: row[column].rstrip(". ") for column in ("purpose", "purpose_ru")}
    if not row["purpose"]:
        raise ListError(f"The list {name} has no purpose: {new_list(name)}")
    if not row["offer"]:
        row |= {"offer": OFFER["offer"], "offer_ru": row["offer_ru"] or OFFER["offer_ru"]}
    row = {column: row[column] or default for column, default in DEFAULTS.items()}
    priorities = {
        int(one["priority"]): one["list_name"] for one in rows if one.get("priority", "").isdigit()
    }
    row["priority"] = row["priority"] or str(max(priorities, default=0) + 1)
    if fault := find_value_fault(row):
        raise ListError(fault)
    if holder := priorities.get(int(row["priority"])):
        raise ListError(
            f"priority {row['priority']} is that of {holder}; "
            f"the next free one is {max(priorities) + 1}."
        )
    return {"list_name": name, **row}


def new_list(name: str) -> str:
    """Return the command that makes a list, with a purpose to begin with."""
    return command("list", list=name, purpose="Invite those who spend most")


def refuse_name(name: str) -> None:
    """Stop on a name that cannot name tables and files.

    Raises
    ------
    ListError : the message says what it may contain.
    """
    if not name:
        raise ListError(
            f"A list needs a name: {new_list('big_spenders')} "
            f"(`{command('lists')}` builds every list)"
        )
    if not re.fullmatch("[a-z][a-z0-9_]*", name, re.ASCII) or len(name) > LONGEST_NAME:
        raise ListError(
            f"{name!r} cannot name a table and a file: a letter, then letters, digits and "
            f"underscores, all small, {LONGEST_NAME} at most."
        )


def find_taken(name: str) -> Path | None:
    """Return the file of a model or a seed that has one of the names the list would need."""
    wanted = {f"list_{name}", f"candidates_{name}"}
    for folder, endings in (("models", (".sql", ".py")), ("seeds", (".csv",))):
        for path in sorted(Path(folder).rglob("*")):
            if path.stem in wanted and path.suffix in endings:
                return path
    return None
