"""What the files of a shop are: their inputs, their columns, and how they are written."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace

from targeted_lists.common.project import project_path
from targeted_lists.inputs.connectors import Connector, find_connector, find_near_connector
from targeted_lists.inputs.dataset_file import OF_FILES, UNDECIDED
from targeted_lists.inputs.layouts import INSTEAD, is_required
from targeted_lists.inputs.readable import Settings
from targeted_lists.inputs.reshaping import reshape_rows
from targeted_lists.setup import values
from targeted_lists.setup.deciding import Mapped, decide
from targeted_lists.setup.headings import find_input, map_headings
from targeted_lists.setup.sniffing import SetupError, Written

MOST_STATUSES = 20
# Of the order lines, for their currency to be the dataset's.
LEAST_SHARE = 0.8
# How a row begins that sums up the others, the longest first.
TOTALS = ("Grand total", "Subtotal", "Total", "Sum total", "Итого", "Всего")  # noqa: RUF001


@dataclass
class Understood:
    """What was understood of all files.

    Attributes
    ----------
    connector : of the platform whose exports the order lines are.
    settings, statuses : as dataset.yml names them.
    known_statuses : word of the shop that needs no decision -> what it means.
    own_settings : by file, in what it is written otherwise than the rest.
    inputs : input -> its files as they are read.
    mapping : input -> heading -> columns, of all files but those of a connector.
    read_as : heading -> columns, by file.
    left_out : headings that nothing is made of, by file.
    missing : required columns that no heading was found for, by file.
    notes : what else is to be known, in sentences.
    """

    connector: Connector | None = None
    settings: dict[str, str] = field(default_factory=dict)
    statuses: dict[str, str] = field(default_factory=dict)
    known_statuses: dict[str, str] = field(default_factory=dict)
    own_settings: dict[str, dict[str, str]] = field(default_factory=dict)
    inputs: dict[str, list[Written]] = field(default_factory=dict)
    mapping: dict[str, Mapped] = field(default_factory=dict)
    read_as: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    left_out: dict[str, list[str]] = field(default_factory=dict)
    missing: dict[str, list[str]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @property
    def names_customers(self) -> bool:
        """Whether the key of a customer is a name."""
        of_connector = self.connector.settings if self.connector else {}
        return "customer_is" in {**of_connector, **self.settings}


@dataclass
class Found:
    """The values that the columns of the files have.

    Attributes
    ----------
    numbers, times : of each file. words : of the status. currencies : of the order lines.
    """

    numbers: dict[str, list[str]] = field(default_factory=dict)
    times: dict[str, list[str]] = field(default_factory=dict)
    words: list[str] = field(default_factory=list)
    currencies: list[str] = field(default_factory=list)


def understand(looked: Iterable[Written], contract: Mapping[str, Mapping[str, str]]) -> Understood:
    """Find out what each column of each file is, and how values are written.

    Raises
    ------
    SetupError : the files are those of two platforms, or contradict each other in what cannot be
        set for each.
    """
    understood, found = Understood(), Found()
    settings: dict[str, dict[str, str]] = {}
    for written in looked:
        name = str(written.path)
        understood.notes += written.notes
        connector = find_connector(written.headings)
        if connector is None and (near := find_near_connector(written.headings)):
            connector = near[0]
            understood.notes.append(
                f"{name} is read as an export of {near[0].title}, though it has no heading "
                f"{near[1]!r}; if that was renamed, write the new heading and its column into the "
                "mapping of dataset.yml."
            )
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
            input_name = find_input(written.headings, contract, written.path.name)
            if total := find_total(written.rows):
                understood.settings["total"] = total
                written = replace(written, rows=written.rows[:-1])
            mapped = {
                heading: [column]
                for heading, column in map_headings(written.headings, input_name).items()
            }
            if input_name == "order_lines":
                decided, notes = decide(mapped, written)
                understood.settings |= decided
                understood.notes += notes
            add_mapping(understood, mapped, input_name, name)
            pairs = [(heading, one) for heading, columns in mapped.items() for one in columns]
        understood.inputs.setdefault(input_name, []).append(written)
        read = {heading for heading, _ in pairs}
        understood.left_out[name] = [one for one in written.headings if one not in read]
        understood.read_as[name] = {}
        for heading, column in pairs:
            understood.read_as[name].setdefault(heading, []).append(column)
        if connector and connector.adapter:
            # The adapter knows how its files are written.
            understood.missing[name] = []
            continue
        settings[name] = written.settings
        understood.missing[name] = [
            column
            for column, kind in contract[input_name].items()
            if is_required(input_name, column, kind)
            and {column, *INSTEAD.get((input_name, column), ())}.isdisjoint(
                dict(map(reversed, pairs))
            )
        ]
        add_values(found, written, pairs, input_name, contract[input_name])
    set_settings(understood, settings)
    marks = values.find_shared_marks(found.numbers)
    understood.settings |= marks.settings
    times = [value for ones in found.times.values() for value in ones]
    if order := values.find_shared_date_order(found.times):
        understood.settings["date_order"] = order
    if forms := values.find_formats(times, understood.settings.get("date_order")):
        understood.settings["timestamp_format"] = forms
    zone = values.find_zone(times)
    understood.settings |= zone.settings
    understood.notes += [*marks.notes, *zone.notes]
    set_statuses(understood, found.words)
    set_currency(understood, found.currencies)
    note_lacks(understood)
    return understood


def add_values(
    found: Found,
    written: Written,
    pairs: list[tuple[str, str]],
    input_name: str,
    kinds: Mapping[str, str],
) -> None:
    """Collect the values of a file by which it is told how they are written."""
    numbers = found.numbers.setdefault(str(written.path), [])
    times = found.times.setdefault(str(written.path), [])
    clock = dict(map(reversed, pairs)).get("ordered_time")
    for heading, column in pairs:
        place = written.headings.index(heading)
        ones = [row[place] for row in written.rows if row[place].strip()]
        if clock and column == "ordered_at":
            # As staging joins them.
            clock_place = written.headings.index(clock)
            ones = [
                f"{row[place]} {row[clock_place]}" for row in written.rows if row[place].strip()
            ]
        kind = kinds[column].split(",")[0]
        if kind in ("quantity", "money", "share", "rate", "integer"):
            numbers += ones
        elif kind == "timestamp":
            times += ones
        if (input_name, column) == ("order_lines", "status"):
            found.words += ones
        if (input_name, column) == ("order_lines", "currency"):
            found.currencies += ones


def as_reshaped(written: Written, connector: Connector) -> Written:
    """Return a file as it is read, with a row a line."""
    settings = Settings(**connector.settings)
    header, *rows = reshape_rows([written.headings, *written.rows], settings)
    return replace(written, headings=header, rows=rows)


def find_total(rows: list[list[str]]) -> str | None:
    """Return how the last row begins, where it sums up the others.

    >>> find_total([["A1", "Mug", "2"], ["Total:", "", "2"]])
    'Total'
    """
    first = rows[-1][0].strip().lower() if rows and rows[-1] else ""
    return next((word for word in TOTALS if first.startswith(word.lower())), None)


def take_connector(understood: Understood, connector: Connector, name: str) -> None:
    """Note the platform of a file; stop where another file is of another."""
    if understood.connector and understood.connector.name != connector.name:
        raise SetupError(
            f"{name} is an export of {connector.title}, and another file one of "
            f"{understood.connector.title}; set up a dataset for each."
        )
    understood.connector = connector


def set_settings(understood: Understood, found: Mapping[str, Mapping[str, str]]) -> None:
    """Set how most files are written, and for the others how each is."""
    defaults = asdict(Settings())
    common = {
        setting: Counter(one[setting] for one in found.values() if setting in one).most_common(1)[
            0
        ][0]
        for setting in OF_FILES
        if any(setting in one for one in found.values())
    }
    understood.settings |= {
        setting: value
        for setting, value in common.items()
        if setting == "delimiter" or value != defaults[setting]
    }
    for name, settings in found.items():
        own = {setting: value for setting, value in settings.items() if value != common[setting]}
        if own:
            understood.own_settings[name] = own
            shown = ", ".join(f"{setting} {value!r}" for setting, value in own.items())
            understood.notes.append(
                f"{name} is written otherwise than the other files ({shown}): it stands with its "
                "own settings under files."
            )


def set_currency(understood: Understood, codes: list[str]) -> None:
    """Set the currency of the dataset, where lines name theirs."""
    counts = Counter(code.strip().upper() for code in codes)
    if not counts:
        return
    code, count = counts.most_common(1)[0]
    if count >= LEAST_SHARE * counts.total():
        understood.settings["currency"] = code
        others = ", ".join(sorted(set(counts) - {code}))
        if others and "exchange_rates" in understood.inputs:
            understood.notes.append(
                f"Lines in another currency than {code} ({others}) are converted at the rate of "
                "their order's day."
            )
        elif others:
            understood.notes.append(
                f"Lines in another currency than {code} ({others}) are rejected to the ledger; "
                "exchange_rates.csv (currency, date, rate) would convert them."
            )
    else:
        understood.settings["currency"] = UNDECIDED


def add_mapping(understood: Understood, mapped: Mapped, input_name: str, name: str) -> None:
    """Note what headings are read as; stop where two files mean different things by one."""
    known = understood.mapping.setdefault(input_name, {})
    for heading, columns in mapped.items():
        if known.setdefault(heading, columns)[0] != columns[0]:
            raise SetupError(
                f"{heading!r} is {known[heading][0]} in one file and {columns[0]} in {name}; "
                "rename it in one of them."
            )
        known[heading] = list(dict.fromkeys([*known[heading], *columns]))


def set_statuses(understood: Understood, words: Iterable[str]) -> None:
    """Note what the words of a status mean; what nobody knows is to be decided by the shop."""
    with project_path("seeds/status_words.csv").open(encoding="utf-8", newline="") as file:
        meanings = {row["word"]: row["status"] for row in csv.DictReader(file)}
    found = sorted({word.strip().lower() for word in words} - {""})
    understood.known_statuses = {word: meanings[word] for word in found if word in meanings}
    unknown = [word for word in found if word not in meanings]
    understood.statuses = dict.fromkeys(unknown[:MOST_STATUSES], UNDECIDED)


def note_lacks(understood: Understood) -> None:
    """Say what no file has, and what comes of it."""
    columns = {
        column
        for read_as in understood.read_as.values()
        for named in read_as.values()
        for column in named
    }
    if "order_lines" not in understood.inputs:
        return
    if "customer_id" not in columns:
        understood.notes.append(
            "No heading names the customer, so there will be no customers and no lists."
        )
    if "accepts_marketing" in columns:
        understood.notes.append(
            "A yes to marketing in an order is a consent to e-mail of the order's time; a later "
            "no takes it back."
        )
    elif "consents" not in understood.inputs:
        understood.notes.append(
            "No file says who consented, so every list will be empty: add consents.csv "
            "(customer_id, channel, status), or set the var consents to not_recorded for lists "
            "that cannot be exported."
        )
