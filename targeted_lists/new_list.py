"""A list of the user's own: every file that a list needs, written from its name and purpose.

All is checked and made up before anything is written, and the files take their places together.
A file is never overwritten, only added to.
"""

from __future__ import annotations

import argparse
import csv
import io
import re
import textwrap
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path

import yaml

from targeted_lists import files

DEFINITIONS = Path("seeds/list_definitions.csv")
PRIORS = Path("seeds/list_priors.csv")
LABELS = Path("seeds/code_labels.csv")
CHANNELS = Path("seeds/contact_channels.csv")
PROJECT_FILE = Path("dbt_project.yml")
EXPOSURES = Path("models/exposures.yml")
MARTS = Path("models/marts")
CANDIDATES = MARTS / "targeting" / "candidates"
LISTS = Path("models/lists")

# What stands where the command says nothing; the names are those of the seed.
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
CHOICES = {
    "ranking": ("expected value", "score"),
    "allows_other_lists": ("false", "true"),
    "valued_by": ("lift", "responses"),
}
LEAST_WHOLE = {"priority": 1, "capacity": 1, "cooldown_days": 0, "valid_days": 1}
AMOUNTS = ("contact_cost", "offer_cost", "budget", "minimum_expected_value")
PRIOR = {
    "basis": "assumed",
    "baseline_probability": "0.20",
    "added_probability": "0.02",
    "smallest_effect": "0.02",
}
LONGEST_NAME = 40
LINE_WIDTH = 94

START = """\
-- {purpose}.
-- To begin with, those who spend most: say here who of the mart {source_mart} belongs in the list.
with

scores as (

    select * from {{{{ ref('rfm_scores') }}}}
    where basis = 'bought'

)

select
    customer_id,
    cast(null as string) as product_id,
    {{{{ text(
        '{{segment}}: {{orders}} worth {{revenue}}, the last {{days}} ago',
        segment=label('segment', 'segment'),
        orders=counted('frequency', 'order|orders'),
        revenue='cast(monetary as decimal(18, 2))',
        days=counted('recency_days', 'day|days')
    ) }}}} as reason,
    cast(monetary as double) as score
from scores
where m_score = 5
"""


class ListError(ValueError):
    """A list that cannot be; the message is one sentence for the user."""


def add_options(command: argparse.ArgumentParser) -> None:
    """Give the command an option for each column of the seed."""
    command.add_argument("--list", dest="list_name", required=True, help="its name")
    for column, default in DEFAULTS.items():
        command.add_argument(
            f"--{column.replace('_', '-')}", default="", help=f"({default})" if default else None
        )


def add_list(options: argparse.Namespace) -> int:
    """Write a list, say what was written and what comes next; return the exit code."""
    name = options.list_name
    here = Path()
    try:
        # One that was killed while it wrote is finished first.
        files.finish(here)
        definition = define_list(name, {column: getattr(options, column) for column in DEFAULTS})
        texts = compose_files(definition)
        files.replace_together(
            here,
            {
                path: lambda draft, text=text: draft.write_text(text, "utf-8", newline="")
                for path, text in texts.items()
            },
            mode=None,
        )
    except ListError as error:
        print(error)
        return 1
    except files.UnfinishedError as error:
        print(
            f"{error.filename} cannot be replaced ({error.strerror}); run the same command again."
        )
        return 1
    except (OSError, UnicodeDecodeError) as error:
        print(f"No list was written, for a file cannot be read or written ({error}).")
        return 1
    print(f"The list {name} ({definition['purpose']}) is written:")
    for path, what in describe_files(definition).items():
        print(f"  {path}: {what}")
    if not (definition["purpose_ru"] and definition["offer_ru"]):
        print(
            f"In Russian it reads as in English until {DEFINITIONS} has purpose_ru and offer_ru "
            f"and {LABELS} its label; the tests of `make test` ask for them."
        )
    from targeted_lists import lineage

    try:
        lineage.main()
    except (SystemExit, ValueError) as error:
        print(f"{lineage.PICTURE} is as it was: {error}")
        return 1
    print(f"Say in {candidates_file(name)} who belongs in it, then: make lists")
    return 0


def define_list(name: str, given: Mapping[str, str]) -> dict[str, str]:
    """Return the row of a list in the seed list_definitions.

    Parameters
    ----------
    given : by column of the seed; what is empty gets its default.

    Raises
    ------
    ListError : the name is taken or cannot name a table, or a value is unsound.
    """
    refuse_name(name)
    rows = read_rows(DEFINITIONS)
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
        raise ListError(
            f"The list {name} has no purpose: make list LIST={name} "
            "PURPOSE='Invite those who spend most'"
        )
    if not row["offer"]:
        row |= {"offer": OFFER["offer"], "offer_ru": row["offer_ru"] or OFFER["offer_ru"]}
    row = {column: row[column] or default for column, default in DEFAULTS.items()}
    priorities = {
        int(one["priority"]): one["list_name"] for one in rows if one["priority"].isdigit()
    }
    row["priority"] = row["priority"] or str(max(priorities, default=0) + 1)
    refuse_values(row)
    if holder := priorities.get(int(row["priority"])):
        raise ListError(
            f"priority {row['priority']} is that of {holder}; "
            f"the next free one is {max(priorities) + 1}."
        )
    return {"list_name": name, **row}


def refuse_name(name: str) -> None:
    """Stop on a name that cannot name tables and files.

    Raises
    ------
    ListError : the message says what it may hold.
    """
    if not name:
        raise ListError(
            "A list needs a name: make list LIST=big_spenders "
            "PURPOSE='Invite those who spend most' (`make lists` builds every list)"
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


def refuse_values(row: Mapping[str, str]) -> None:
    """Stop on a value that the run would stumble over.

    Raises
    ------
    ListError : the message names the column and says what it may hold.
    """
    for column, value in row.items():
        if not value.isprintable() or "{" in value or "}" in value:
            raise ListError(f"{column} is one line of text without braces, not {value!r}.")
        if column in CHOICES and value not in CHOICES[column]:
            raise ListError(f"{column} is {' or '.join(CHOICES[column])}, not {value!r}.")
        if column.endswith("_ru") and value and not re.search("[\u0400-\u04ff]", value):
            raise ListError(f"{column} is the Russian text, not {value!r}.")
    for column, least in LEAST_WHOLE.items():
        value = row[column]
        if not re.fullmatch(r"\d{1,9}", value, re.ASCII) or int(value) < least:
            raise ListError(f"{column} is a whole number from {least} on, not {value!r}.")
    for column in AMOUNTS:
        value = row[column]
        if value and not is_amount(value):
            raise ListError(f"{column} is an amount from 0 on, such as 2.50, not {value!r}.")
    marts = sorted(path.name for path in MARTS.iterdir() if path.is_dir())
    if row["source_mart"] not in marts:
        raise ListError(f"source_mart {row['source_mart']!r} is none of {', '.join(marts)}.")
    channels = [one["channel"] for one in read_rows(CHANNELS)]
    requested = row["channel"].split(" ")
    if unknown := [one for one in requested if one not in channels]:
        raise ListError(
            f"channel {unknown[0]!r} is none of {', '.join(channels)} ({CHANNELS}); "
            "of several the preferred one is first, with one blank between them."
        )
    if len(set(requested)) < len(requested):
        raise ListError(f"channel {row['channel']!r} names one twice.")


def is_amount(text: str) -> bool:
    """Return whether a text is an amount that is not negative."""
    try:
        return 0 <= Decimal(text) < 10**9
    except InvalidOperation:
        return False


def compose_files(row: Mapping[str, str]) -> dict[Path, str]:
    """Return the text of each file that a list needs, the new and the added to.

    Raises
    ------
    ListError : a file has not the place where the list belongs.
    """
    name = row["list_name"]
    label = name.replace("_", " ")
    texts = {
        DEFINITIONS: add_row(DEFINITIONS, row),
        PRIORS: add_row(PRIORS, {"list_name": name, **PRIOR}),
        LABELS: add_label(read_text(LABELS), name, label, row["purpose_ru"] or label),
        PROJECT_FILE: add_name(read_text(PROJECT_FILE), name),
        candidates_file(name): START.format_map(row),
        list_file(name): f"{{{{ publish_list('{name}') }}}}\n",
        EXPOSURES: add_exposure(read_text(EXPOSURES), row),
    }
    described = {
        CANDIDATES / "_candidates__models.yml": (
            f"candidates_{name}",
            f"{row['purpose']}: who might be in the list, and how well each fits it. "
            "One row per customer.",
        ),
        LISTS / "_lists__models.yml": (f"list_{name}", f"{row['purpose']}. One row per customer."),
    }
    for path, (model, description) in described.items():
        texts[path] = add_model(path, model, description)
    return texts


def describe_files(row: Mapping[str, str]) -> dict[Path, str]:
    """Return what each file of a list says of it, for the user."""
    name = row["list_name"]
    return {
        DEFINITIONS: f"{row['offer']}, by {row['channel']}, priority {row['priority']}, "
        f"at most {row['capacity']} customers",
        PRIORS: "what a message is assumed to change",
        LABELS: "what it is called in English and Russian",
        PROJECT_FILE: "its name in the var lists",
        candidates_file(name): "who might be in it",
        CANDIDATES / "_candidates__models.yml": "the description of these",
        list_file(name): "its table",
        LISTS / "_lists__models.yml": "the description of that",
        EXPOSURES: "its campaign, for the lineage graph",
    }


def candidates_file(name: str) -> Path:
    """Return where the model of a list's candidates lies."""
    return CANDIDATES / f"candidates_{name}.sql"


def list_file(name: str) -> Path:
    """Return where the model of a list's table lies."""
    return LISTS / f"list_{name}.sql"


def read_text(path: Path) -> str:
    """Return a file's text with the line ends that it has."""
    with path.open(encoding="utf-8", newline="") as file:
        return file.read()


def read_rows(path: Path) -> list[dict[str, str]]:
    """Return the rows of a seed."""
    return list(csv.DictReader(io.StringIO(read_text(path), newline="")))


def add_row(path: Path, row: Mapping[str, str]) -> str:
    """Return a seed with one more row at its end.

    Raises
    ------
    ListError : its header has other columns than the row.
    """
    text = read_text(path)
    header = next(csv.reader(io.StringIO(text, newline="")), [])
    if set(header) != set(row):
        raise ListError(
            f"{path} has other columns than {', '.join(row)}; give it these, or write the row by "
            "hand."
        )
    return with_last_line(text) + to_csv([row[column] for column in header], text)


def add_label(text: str, name: str, english: str, russian: str) -> str:
    """Return the seed of labels with those of a list, after the lists that it has."""
    for kind in ("list_name", "scope"):
        row = to_csv([kind, name, english, russian], text)
        lines = with_last_line(text).splitlines(keepends=True)
        after = max(
            (number for number, line in enumerate(lines) if line.startswith(f"{kind},")),
            default=len(lines) - 1,
        )
        text = "".join([*lines[: after + 1], row, *lines[after + 1 :]])
    return text


def to_csv(values: list[str], like: str) -> str:
    """Return a row of CSV with the line ends of a text."""
    written = io.StringIO(newline="")
    csv.writer(written, lineterminator=line_end(like)).writerow(values)
    return written.getvalue()


def line_end(text: str) -> str:
    """Return how the lines of a text end."""
    return "\r\n" if "\r\n" in text else "\n"


def with_last_line(text: str) -> str:
    """Return a text whose last line is ended."""
    return text if text.endswith("\n") else text + line_end(text)


def find_names(project: str) -> list[str]:
    """Return the names in the var lists."""
    return list(((yaml.safe_load(project) or {}).get("vars") or {}).get("lists") or [])


def add_name(project: str, name: str) -> str:
    """Return dbt_project.yml with one more name in the var lists.

    Raises
    ------
    ListError : the var is not written on a line of its own.
    """
    added = re.sub(r"(?m)^(  lists: \[[^\]\n]*)\]", rf"\1, {name}]", project, count=1)
    if find_names(added) != [*find_names(project), name]:
        raise ListError(
            f"{PROJECT_FILE} has no line `  lists: [name, name]` among the vars to add {name} to; "
            "write the names on one line."
        )
    return added


def add_model(path: Path, model: str, description: str) -> str:
    """Return a file of descriptions with one more model, the last of its models.

    Raises
    ------
    ListError : the file has no models whose columns could be named.
    """
    text = read_text(path)
    lines = with_last_line(text).splitlines(keepends=True)
    keys = [number for number, line in enumerate(lines) if re.match(r"\w+:", line)]
    starts = [number for number in keys if lines[number].startswith("models:")]
    if not starts or "columns: &columns" not in text:
        raise ListError(f"{path} has no `models:` with `columns: &columns` to add {model} to.")
    end = next((number for number in keys if number > starts[0]), len(lines))
    while not lines[end - 1].strip():
        end -= 1
    entry = f"  - name: {model}\n    description: >\n{fold(description)}\n    columns: *columns\n"
    added = "".join([*lines[:end], entry.replace("\n", line_end(text)), *lines[end:]])
    return checked(path, added, "models", model)


def add_exposure(text: str, row: Mapping[str, str]) -> str:
    """Return the exposures with the campaign of a list, the last of them."""
    name = row["list_name"]
    entry = f"""\
  - name: campaign_{name}
    label: {name.replace("_", " ").capitalize()} campaign
    type: application
    maturity: medium
    description: >-
{fold(f"{row['purpose']}; the members of list_{name}.")}
    depends_on: [ref('list_{name}')]
    owner: {{name: CRM team, email: crm@example.com}}
"""
    added = with_last_line(text) + entry.replace("\n", line_end(text))
    return checked(EXPOSURES, added, "exposures", f"campaign_{name}")


def fold(description: str) -> str:
    """Return a description as the lines of a folded text of YAML."""
    margin = " " * 6
    return textwrap.fill(
        description,
        LINE_WIDTH,
        initial_indent=margin,
        subsequent_indent=margin,
        break_long_words=False,
        break_on_hyphens=False,
    )


def checked(path: Path, text: str, kind: str, name: str) -> str:
    """Return a text of YAML after reading it as dbt will.

    Raises
    ------
    ListError : it cannot be read, or has not what was added to it.
    """
    try:
        found = [one["name"] for one in yaml.safe_load(text)[kind]]
    except (yaml.YAMLError, KeyError, TypeError):
        found = []
    if found.count(name) != 1:
        raise ListError(f"{path} is not written as {name} could be added to it by itself.")
    return text
