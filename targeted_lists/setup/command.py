"""`targeted-lists init NAME FILE…`: what was understood of a shop's files, as `dataset.yml`."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import yaml
from rich.console import Console
from rich.table import Table

from targeted_lists.common import files
from targeted_lists.common.commands import command
from targeted_lists.common.console import say
from targeted_lists.common.outcome import Outcome
from targeted_lists.common.project import project_path, read_contract
from targeted_lists.inputs.connectors import Connector, find_connector
from targeted_lists.inputs.dataset_file import UNDECIDED, ways_out
from targeted_lists.inputs.dataset_folder import SETTINGS_FILE, refuse_name
from targeted_lists.inputs.layouts import INSTEAD
from targeted_lists.inputs.readable import Settings
from targeted_lists.inputs.reshaping import TOTAL, reshape_rows
from targeted_lists.setup import values
from targeted_lists.setup.headings import count_known, find_input, map_headings
from targeted_lists.setup.sniffing import SetupError, Written, look_at

EXAMPLES = 3
LONGEST_EXAMPLE = 24
MOST_STATUSES = 20
# Of the order lines, for their currency to be the dataset's.
LEAST_SHARE = 0.8
# What each setting says, for who reads the file.
MEANINGS = {
    "delimiter": "between the fields of a line",
    "encoding": "the code page of the text files",
    "skip_lines": "lines above the header",
    "sheet": "of the workbook",
    "decimal": "the mark before decimals",
    "thousands": "one such mark alone parts thousands: 2,000 is two thousand",
    "timestamp_format": "of most dates; others are read as well",
    "date_order": "of dates such as 01/02/2026",
    "currency": "of the dataset's amounts",
    "time_zone": "on whose clocks times with an offset are shown",
}


@dataclass
class Understood:
    """What was understood of all files.

    Attributes
    ----------
    connector : of the platform whose exports the order lines are.
    settings, statuses : as dataset.yml names them.
    inputs : input -> its files.
    mapping : heading -> column, of all files but those of a connector.
    read_as : heading -> columns, by file.
    left_out : headings that nothing is made of, by file.
    missing : required columns that no heading was found for, by file.
    notes : what else is to be known, in sentences.
    looked : the files as they are read.
    """

    connector: Connector | None = None
    settings: dict[str, str] = field(default_factory=dict)
    statuses: dict[str, str] = field(default_factory=dict)
    inputs: dict[str, list[Path]] = field(default_factory=dict)
    mapping: dict[str, str] = field(default_factory=dict)
    read_as: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    left_out: dict[str, list[str]] = field(default_factory=dict)
    missing: dict[str, list[str]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    looked: list[Written] = field(default_factory=list)


def set_up_dataset(
    dataset: str, paths: list[Path], *, data_dir: Path, is_copying: bool = False
) -> Outcome:
    """Look at files, write `dataset.yml`, and say what was understood.

    Parameters
    ----------
    paths : the shop's files; they stay where they are, unless they are copied into the folder.

    Returns
    -------
    `dataset_file`, `settings`, `mapping`, `undecided` (settings and statuses), `left_out`,
    `missing`, `notes` and the command to run `next`.

    Raises
    ------
    SetupError : a file is no table, files are written in different ways, or the dataset is set
        up already.
    """
    refuse_name(dataset)
    folder = data_dir / dataset
    target = folder / SETTINGS_FILE
    if target.exists():
        raise SetupError(f"{target} is there already; edit it, or remove it to begin again.")
    contract = read_contract()
    understood = understand([look_at(path, count_known) for path in paths], contract)
    folder.mkdir(parents=True, exist_ok=True)
    places = place_files(understood.inputs, folder, is_copying=is_copying)
    text = render(understood, places, paths)
    files.replace_file(
        target, lambda draft: draft.write_text(text, encoding="utf-8", newline="\n"), mode=None
    )
    return report(understood, target, dataset, data_dir)


def understand(looked: Iterable[Written], contract: Mapping[str, Mapping[str, str]]) -> Understood:
    """Find out what each column of each file is, and how values are written."""
    understood = Understood()
    texts: dict[str, list[str]] = {"number": [], "timestamp": []}
    words: list[str] = []
    currencies: list[str] = []
    for written in looked:
        name = str(written.path)
        connector = find_connector(written.headings)
        if connector:
            written = as_reshaped(written, connector)
            input_name = connector.input
            take_connector(understood, connector, name)
            pairs = [
                (heading, column)
                for column, headings in connector.columns.items()
                for heading in written.headings
                if heading.lower() in [one.lower() for one in headings]
            ]
        else:
            input_name = find_input(written.headings, contract)
            mapped = map_headings(written.headings, input_name)
            stand_in(mapped, written.headings, input_name, understood.notes, name)
            add_mapping(understood, mapped, name)
            pairs = list(mapped.items())
        understood.inputs.setdefault(input_name, []).append(written.path)
        understood.looked.append(written)
        read = {heading for heading, _ in pairs}
        understood.left_out[name] = [one for one in written.headings if one not in read]
        understood.read_as[name] = {}
        for heading, column in pairs:
            understood.read_as[name].setdefault(heading, []).append(column)
        if connector and connector.adapter:
            # The adapter knows how its files are written.
            understood.missing[name] = []
            continue
        add_settings(understood, written.settings, name)
        understood.missing[name] = [
            column
            for column, kind in contract[input_name].items()
            if kind.endswith("required")
            and {column, *INSTEAD.get(column, ())}.isdisjoint(dict(map(reversed, pairs)))
        ]
        for heading, column in pairs:
            place = written.headings.index(heading)
            found = [row[place] for row in written.rows if row[place].strip()]
            kind = contract[input_name][column].split(",")[0]
            if kind in ("quantity", "money", "share", "integer"):
                texts["number"] += found
            elif kind == "timestamp":
                texts["timestamp"] += found
            if (input_name, column) == ("order_lines", "status"):
                words += found
            if (input_name, column) == ("order_lines", "currency"):
                currencies += found
    understood.settings |= values.find_marks(texts["number"])
    if order := values.find_date_order(texts["timestamp"]):
        understood.settings["date_order"] = order
    if forms := values.find_formats(texts["timestamp"], understood.settings.get("date_order")):
        understood.settings["timestamp_format"] = forms
    zone = values.find_zone(texts["timestamp"])
    understood.settings |= zone.settings
    understood.notes += zone.notes
    understood.statuses = find_unknown_statuses(words)
    set_currency(understood, currencies)
    columns = {
        column
        for read_as in understood.read_as.values()
        for named in read_as.values()
        for column in named
    }
    if "order_lines" in understood.inputs and "customer_id" not in columns:
        understood.notes.append(
            "No heading names the customer, so there will be no customers and no lists."
        )
    if (
        "order_lines" in understood.inputs
        and "consents" not in understood.inputs
        and "accepts_marketing" not in columns
    ):
        understood.notes.append(
            "No file says who consented, so every list will be empty: add consents.csv "
            "(customer_id, channel, status), or set the var consents to not_recorded for lists "
            "that cannot be exported."
        )
    return understood


def as_reshaped(written: Written, connector: Connector) -> Written:
    """Return a file as it is read, with a row a line."""
    settings = Settings(**connector.settings)
    header, *rows = reshape_rows(iter([written.headings, *written.rows]), settings)
    kept = [row for row in rows if len(row) == len(header) and not row[0].startswith(TOTAL)]
    return replace(written, headings=header, rows=kept)


def take_connector(understood: Understood, connector: Connector, name: str) -> None:
    """Note the platform of a file; stop where another file is of another."""
    if understood.connector and understood.connector.name != connector.name:
        raise SetupError(
            f"{name} is an export of {connector.title}, and another file one of "
            f"{understood.connector.title}; set up a dataset for each."
        )
    understood.connector = connector


def set_currency(understood: Understood, codes: list[str]) -> None:
    """Set the currency of the dataset, where lines name theirs."""
    counts = Counter(code.strip().upper() for code in codes)
    if not counts:
        return
    code, count = counts.most_common(1)[0]
    if count >= LEAST_SHARE * counts.total():
        understood.settings["currency"] = code
        if others := sorted(set(counts) - {code}):
            understood.notes.append(
                f"Lines in another currency than {code} ({', '.join(others)}) are rejected to the "
                "ledger, for no rate is known."
            )
    else:
        understood.settings["currency"] = UNDECIDED


def stand_in(
    mapped: dict[str, str], headings: list[str], input_name: str, notes: list[str], name: str
) -> None:
    """Take the name of a product for its key, where a file has no other."""
    columns = set(mapped.values())
    if input_name == "order_lines" and "product_name" in columns and "product_id" not in columns:
        heading = next(one for one in headings if mapped.get(one) == "product_name")
        mapped[heading] = "product_id"
        notes.append(
            f"{name} has no key of products: what stands under {heading!r} is taken for it, so "
            "two spellings are two products."
        )


def add_mapping(understood: Understood, mapped: Mapping[str, str], name: str) -> None:
    """Note what headings are read as; stop where two files mean different things by one."""
    for heading, column in mapped.items():
        if understood.mapping.setdefault(heading, column) != column:
            raise SetupError(
                f"{heading!r} is {understood.mapping[heading]} in one file and {column} in "
                f"{name}; rename it in one of them."
            )


def add_settings(understood: Understood, found: Mapping[str, str], name: str) -> None:
    """Note how a file is written; stop where the files of a dataset differ in it."""
    for setting, value in found.items():
        if understood.settings.setdefault(setting, value) != value:
            raise SetupError(
                f"{name} has the {setting} {value!r} where another file has "
                f"{understood.settings[setting]!r}; export them alike, or set up two datasets."
            )


def find_unknown_statuses(words: Iterable[str]) -> dict[str, str]:
    """Return the words of a status that nobody knows, to be decided by the shop."""
    import csv

    with project_path("seeds/status_words.csv").open(encoding="utf-8", newline="") as file:
        known = {row["word"] for row in csv.DictReader(file)}
    unknown = sorted({word.strip().lower() for word in words} - known - {""})
    return dict.fromkeys(unknown[:MOST_STATUSES], UNDECIDED)


def place_files(
    inputs: Mapping[str, list[Path]], folder: Path, *, is_copying: bool
) -> dict[str, list[str]]:
    """Return the files of each input as dataset.yml names them, or copy them into the folder."""
    places: dict[str, list[str]] = {}
    for name, paths in inputs.items():
        for path in paths:
            if path.resolve().parent == folder.resolve() and path.stem.lower().startswith(name):
                continue
            if is_copying:
                copied = folder / f"{name}_{path.name}"
                files.replace_file(
                    copied, lambda draft, path=path: shutil.copyfile(path, draft), mode=None
                )
                continue
            places.setdefault(name, []).append(relative(path, folder))
    return places


def relative(path: Path, folder: Path) -> str:
    """Return a path from a folder; as it is where there is no way, such as from another disk."""
    try:
        return Path(os.path.relpath(path.resolve(), folder.resolve())).as_posix()
    except ValueError:
        return path.resolve().as_posix()


def render(understood: Understood, places: Mapping[str, list[str]], paths: list[Path]) -> str:
    """Return `dataset.yml` with a comment for everything that was understood."""
    lines = [f"# Written by targeted-lists init from {', '.join(path.name for path in paths)}."]
    if undecided(understood):
        lines.append(f"# What is {UNDECIDED} could not be told from the files: decide it here.")
    if understood.connector:
        lines.append(f"connector: {understood.connector.name}  # {understood.connector.title}")
    for name, value in understood.settings.items():
        ways = ways_out(name) if value == UNDECIDED else MEANINGS.get(name, "")
        lines.append(f"{name}: {quoted(value)}  # {ways}")
    if places:
        lines += ["", "# The files of each input, from this folder."]
        lines += ["files:"]
        for name, named in places.items():
            lines.append(f"  {name}:")
            lines += [f"    - {quoted(one)}" for one in named]
    if understood.mapping:
        lines += ["", "# A heading of the files, and the column that it is read as."]
        lines += ["mapping:"]
    lines += [f"  {quoted(heading)}: {column}" for heading, column in understood.mapping.items()]
    if understood.statuses:
        lines += ["", "# A status of the shop: placed, delivered, cancelled or returned."]
        lines += ["statuses:"]
        lines += [f"  {quoted(word)}: {status}" for word, status in understood.statuses.items()]
    return "\n".join([*lines, ""])


def quoted(text: str) -> str:
    """Return a text as YAML writes it."""
    return yaml.safe_dump(text, allow_unicode=True, default_style='"', width=10**6).strip()


def undecided(understood: Understood) -> list[str]:
    """Return the settings and statuses that the files leave open."""
    every = {**understood.settings, **understood.statuses}
    return [name for name, value in every.items() if value == UNDECIDED]


def report(understood: Understood, target: Path, dataset: str, data_dir: Path) -> Outcome:
    """Print what was understood, what was left out and what to do next."""
    console = Console()
    for written in understood.looked:
        table = Table(title=str(written.path), title_justify="left")
        for heading in ("heading", "read as", "for example"):
            table.add_column(heading, overflow="fold")
        for place, heading in enumerate(written.headings):
            if columns := understood.read_as[str(written.path)].get(heading):
                table.add_row(heading, ", ".join(columns), show_examples(written.rows, place))
        console.print(table)
        if left_out := understood.left_out[str(written.path)]:
            say(console, f"Not read: {', '.join(left_out)}.")
        for column in understood.missing[str(written.path)]:
            say(
                console,
                f"No heading was found for {column}, which is needed: write it into the mapping "
                f"of {target}.",
                style="red",
            )
    for note in understood.notes:
        say(console, note, style="yellow")
    for name in undecided(understood):
        say(console, f"Not decided: {name}; say it in {target}.", style="red")
    then = command("check", dataset=dataset, data_dir=data_dir.as_posix())
    say(console, f"Wrote {target}. Look it over, then: {then}")
    return Outcome(
        {
            "dataset_file": target,
            "connector": understood.connector and understood.connector.name,
            "settings": understood.settings,
            "mapping": understood.mapping,
            "undecided": undecided(understood),
            "left_out": understood.left_out,
            "missing": {name: columns for name, columns in understood.missing.items() if columns},
            "notes": understood.notes,
            "next": then,
        }
    )


def show_examples(rows: list[list[str]], place: int) -> str:
    """Return the first values of a column; of a contact its first letter alone."""
    found = list(dict.fromkeys(row[place].strip() for row in rows if row[place].strip()))
    return ", ".join(shorten(value) for value in found[:EXAMPLES])


def shorten(value: str) -> str:
    """Return a value that fits into a table and names nobody."""
    if "@" in value:
        return f"{value[0]}…@…"
    return value if len(value) <= LONGEST_EXAMPLE else f"{value[:LONGEST_EXAMPLE]}…"
