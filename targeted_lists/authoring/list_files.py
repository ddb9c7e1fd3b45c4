"""The files that a list is made of: what is written into each, and what it had before.

A file is never overwritten, only added to; what it had is kept to the letter.
"""

from __future__ import annotations

import csv
import io
import re
import textwrap
from collections.abc import Iterable, Mapping
from pathlib import Path

import yaml

from targeted_lists.common.outcome import UserError
from targeted_lists.common.project import PROJECT_FILE

DEFINITIONS = Path("seeds/list_definitions.csv")
PRIORS = Path("seeds/list_priors.csv")
LABELS = Path("seeds/code_labels.csv")
EXPOSURES = Path("models/exposures.yml")
MARTS = Path("models/marts")
CANDIDATES = MARTS / "targeting" / "candidates"
LISTS = Path("models/lists")
PRIOR = {
    "basis": "assumed",
    "baseline_probability": "0.20",
    "added_probability": "0.02",
    "smallest_effect": "0.02",
}
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


class ListError(UserError):
    """A list that cannot be; the message is one sentence for the user."""


def compose_files(row: Mapping[str, str], defined: Mapping[Path, str]) -> dict[Path, str]:
    """Return the text of each file that a list needs, the new and the added to.

    Parameters
    ----------
    defined : the files that say what the list may do and that it is made.

    Raises
    ------
    ListError : a file lacks the place for the list.
    """
    name = row["list_name"]
    label = name.replace("_", " ")
    texts = {
        **defined,
        LABELS: add_label(read_text(LABELS), name, label, row["purpose_ru"] or label),
        candidates_file(name): START.format_map(row),
        list_file(name): f"{{{{ publish_list('{name}') }}}}\n",
        EXPOSURES: add_exposure(read_text(EXPOSURES), row),
    }
    described = {
        CANDIDATES / "_candidates__models.yml": (
            f"candidates_{name}",
            f"{row['purpose']}: who might be in the list, and how well each fits it. "
            "One row per customer.",
            (f"Who could be in the list {name}?", f"Кто мог бы быть в списке {name}?"),
        ),
        LISTS / "_lists__models.yml": (
            f"list_{name}",
            f"{row['purpose']}. One row per customer.",
            (f"Who is in the list {name}?", f"Кто в списке {name}?"),
        ),
    }
    for path, (model, description, question) in described.items():
        texts[path] = add_model(path, model, description, question)
    return texts


def define_for_all(row: Mapping[str, str]) -> dict[Path, str]:
    """Return the files of the project that say what a list may do and that it is made."""
    name = row["list_name"]
    return {
        DEFINITIONS: add_row(DEFINITIONS, row),
        PRIORS: add_row(PRIORS, {"list_name": name, **PRIOR}),
        PROJECT_FILE: add_name(read_text(PROJECT_FILE), name),
    }


def describe_files(row: Mapping[str, str], defined: Iterable[Path]) -> dict[Path, str]:
    """Return what each file of a list says of it, for the user.

    Parameters
    ----------
    defined : as `compose_files` takes them, in their order.
    """
    name = row["list_name"]
    said = [
        f"{row['offer']}, by {row['channel']}, priority {row['priority']}, "
        f"at most {row['capacity']} customers",
        "what a message is assumed to change",
        "its name in the var lists",
    ]
    *rows, project = defined
    if len(rows) == 1:
        said = [f"{said[0]}; {said[1]}", said[2]]
    first = dict(zip(rows, said, strict=False))
    return {
        **first,
        LABELS: "what it is called in English and Russian",
        project: said[-1],
        candidates_file(name): "who might be in it",
        CANDIDATES / "_candidates__models.yml": "the description of these",
        list_file(name): "its table",
        LISTS / "_lists__models.yml": "the description of that",
        EXPOSURES: "its campaign, for the lineage graph",
    }


def candidates_file(name: str) -> Path:
    """Return where the model of a list's candidates is."""
    return CANDIDATES / f"candidates_{name}.sql"


def list_file(name: str) -> Path:
    """Return where the model of a list's table is."""
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


def add_model(path: Path, model: str, description: str, question: tuple[str, str]) -> str:
    """Return a file of descriptions with one more model, the last of its models.

    Parameters
    ----------
    question : that the table answers, in English and Russian, for the pages of all tables.

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
    entry = f"""\
  - name: {model}
    description: >
{fold(description)}
    config:
      meta:
        question:
          en: {question[0]}
          ru: {question[1]}
    columns: *columns
"""
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
