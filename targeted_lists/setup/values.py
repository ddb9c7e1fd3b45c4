"""How the values of a file are written: marks in numbers, the order of day and month, zones."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import duckdb

from targeted_lists.inputs.dataset_file import UNDECIDED
from targeted_lists.setup.sniffing import SetupError

SLASHED = re.compile(r"\s*(\d{1,2})([/-])(\d{1,2})\2(\d{2}|\d{4})(?=\D|$)")
ZONE = re.compile(
    r":\d{2}(?:[.]\d+)?(?:\s*[AaPp][Mm])?\s*(Z|UTC|GMT|[+-]\d{2}:?\d{2}|[+-]\d{2})\s*$"
)
NUMBER = re.compile(r"[0-9][0-9.,]*")
DAY, MONTH = "day first", "month first"
CLOCKS = (" %H:%M", " %H:%M:%S", " %I:%M:%S %p", " %I:%M %p")
SAMPLED, MOST_FORMATS = 2_000, 3
UTC = {"Z", "UTC", "GMT", "+0000", "+00:00", "+00", "-0000", "-00:00"}


@dataclass
class Style:
    """What was found out of values.

    Attributes
    ----------
    settings : as dataset.yml names them; `undecided` where the values leave it open.
    notes : what is to be known of it, in sentences.
    """

    settings: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


@dataclass
class Marks:
    """How often marks stand in numbers.

    Attributes
    ----------
    decimals : those that can only part decimals. alone : those before three digits, 2,000.
    """

    decimals: Counter[str] = field(default_factory=Counter)
    alone: Counter[str] = field(default_factory=Counter)

    @property
    def decimal(self) -> str | None:
        """The decimal mark; None where no number tells it."""
        if not self.decimals:
            return None
        return "," if self.decimals[","] > self.decimals["."] else "."


def find_shared_marks(files: Mapping[str, Iterable[str]]) -> Style:
    """Return the decimal and the thousands mark of all files.

    Where files have different decimal marks, either is read: only of a mark alone before three
    digits nobody can tell then what it parts. The mark is taken by which no such number is read
    wrong; a number that it leaves open is rejected to the ledger.

    Raises
    ------
    SetupError : with either mark some number would be read wrong.

    >>> find_shared_marks({"a.csv": ["10,50"], "b.csv": ["10.50", "2,000"]}).settings
    {'thousands': ','}
    """
    counted = {name: count_marks(values) for name, values in files.items()}
    together = Marks()
    for marks in counted.values():
        together.decimals += marks.decimals
        together.alone += marks.alone
    by_decimal: dict[str, list[str]] = {}
    for name, marks in counted.items():
        if marks.decimal:
            by_decimal.setdefault(marks.decimal, []).append(name)
    if len(by_decimal) < 2:
        return Style(settings_of(together))
    shown = f"{by_decimal[','][0]} has decimal commas and {by_decimal['.'][0]} decimal points"
    alone = {mark: {name for name, marks in counted.items() if marks.alone[mark]} for mark in ".,"}
    sound = [mark for mark in ".," if alone[mark] <= set(by_decimal[mark])]
    if not sound:
        raise SetupError(
            f"{shown}, and in each are numbers such as 2,000 that would be read wrong by the mark "
            "of the other; export them alike, or set up a dataset for each."
        )
    others = {".": ",", ",": "."}
    # By the mark that leaves no number open, then by that of most.
    is_open = {mark: not alone[others[mark]] <= set(by_decimal[mark]) for mark in sound}
    decimal = min(sound, key=lambda mark: (is_open[mark], mark != together.decimal))
    other = others[decimal]
    settings = {"decimal": decimal} if decimal == "," else {}
    note = f"{shown}: numbers with either are read"
    if alone[other] and not is_open[decimal]:
        return Style(settings | {"thousands": other}, [f"{note}."])
    if is_open[decimal]:
        note += f", but for those such as 2{other}000, which may be two numbers: they are rejected"
    return Style(settings, [f"{note}."])


def find_marks(values: Iterable[str]) -> dict[str, str]:
    """Return the decimal and the thousands mark of numbers.

    >>> find_marks(["1.234,56", "10,50"])
    {'decimal': ','}
    >>> find_marks(["2,000", "10.50"])
    {'thousands': ','}
    >>> find_marks(["2,000", "3,000"])
    {'decimal': 'undecided'}
    """
    return settings_of(count_marks(values))


def count_marks(values: Iterable[str]) -> Marks:
    """Count the marks in numbers."""
    marks_found = Marks()
    for value in values:
        found = NUMBER.search(re.sub(r"[\s'\u2019\u00a0\u2009\u202f]", "", value))
        if found is None:
            continue
        number = found[0].rstrip(".,")
        marks = [mark for mark in number if mark in ".,"]
        if not marks:
            continue
        behind = len(number) - max(number.rfind("."), number.rfind(",")) - 1
        if len(set(marks)) == 2:
            marks_found.decimals[marks[-1]] += 1
        elif len(marks) == 1 and behind != 3:
            marks_found.decimals[marks[0]] += 1
        elif len(marks) == 1:
            marks_found.alone[marks[0]] += 1
    return marks_found


def settings_of(marks: Marks) -> dict[str, str]:
    """Return what dataset.yml says of marks."""
    decimal = marks.decimal
    if decimal is None:
        # Of 2,000 alone nobody knows; of 0,500 everybody would.
        return {"decimal": UNDECIDED} if marks.alone else {}
    other = "." if decimal == "," else ","
    found_marks = {"decimal": decimal} if decimal == "," else {}
    return found_marks | ({"thousands": other} if marks.alone[other] else {})


def find_shared_date_order(files: Mapping[str, Iterable[str]]) -> str | None:
    """Return which comes first of 01/02/2026 in all files; None where no value is written so.

    A file that does not show it is written as the others.

    Raises
    ------
    SetupError : one file puts the day first and another the month.
    """
    orders = {name: find_date_order(times) for name, times in files.items()}
    shown = {order: name for name, order in orders.items() if order in (DAY, MONTH)}
    if len(shown) == 2:
        raise SetupError(
            f"{shown[DAY]} puts the day first and {shown[MONTH]} the month, and of a date such as "
            "01/02/2026 nobody can tell; export them alike, or set up a dataset for each."
        )
    return find_date_order(time for times in files.values() for time in times)


def find_date_order(values: Iterable[str]) -> str | None:
    """Return which comes first of 01/02/2026; None where no value is written so.

    >>> find_date_order(["01/02/2026", "13/02/2026"])
    'day first'
    >>> find_date_order(["01/02/2026", "03/04/2026"])
    'undecided'
    """
    firsts, seconds, has_any = 0, 0, False
    for value in values:
        if found := SLASHED.match(value):
            has_any = True
            firsts += int(found[1]) > 12
            seconds += int(found[3]) > 12
    if not has_any:
        return None
    if bool(firsts) == bool(seconds):
        return UNDECIDED
    return DAY if firsts else MONTH


def find_zone(values: Iterable[str]) -> Style:
    """Return the time zone on whose clocks instants are to be shown.

    Offsets of one shop are its own clock, and stay as they are written. Where some times are of
    UTC and others have one offset, that is the shop's.
    """
    zones = Counter(found[1] for value in values if (found := ZONE.search(value)))
    if not zones:
        return Style()
    offsets = {zone for zone in zones if zone not in UTC}
    if not offsets:
        return Style(
            notes=[
                "Times are those of UTC; where the shop's clock is another, say it: "
                "time_zone: Europe/Berlin"
            ]
        )
    if zones.keys() & UTC or len(offsets) > 2:
        if len(offsets) > 1:
            return Style({"time_zone": UNDECIDED})
        (offset,) = offsets
        digits = re.sub(r"\D", "", offset).ljust(4, "0")
        return Style({"time_zone": f"{offset[0]}{digits[:2]}:{digits[2:]}"})
    return Style()


def find_formats(values: list[str], date_order: str | None) -> str:
    """Return the formats of strptime by which most times are read, parted by |; none for ISO.

    Every way of writing is read without them; what they save is trying one after the other.
    """
    days = ["%d.%m.%Y", "%d.%m.%y"]
    if date_order == "day first":
        days += ["%d/%m/%Y", "%d-%m-%Y", "%d/%m/%y", "%d-%m-%y"]
    elif date_order == "month first":
        days += ["%m/%d/%Y", "%m-%d-%Y", "%m/%d/%y", "%m-%d-%y"]
    forms = [day + clock for day in days for clock in ("", *CLOCKS)]
    found: list[str] = []
    left = list(dict.fromkeys(values))[:SAMPLED]
    whole = len(left)
    with duckdb.connect() as connection:
        while left and len(found) < MOST_FORMATS:
            counts = {form: len(left) - len(unread(connection, left, form)) for form in forms}
            best = max(counts, key=lambda form: counts[form])
            # A few stray ones are read one by one.
            if counts[best] * 20 < whole:
                break
            found.append(best)
            left = unread(connection, left, best)
    return "|".join(found)


def unread(connection: duckdb.DuckDBPyConnection, values: list[str], form: str) -> list[str]:
    """Return the values that a format of strptime does not read."""
    rows = connection.execute(
        # A year of two digits, read as one of four, is of the first century.
        "select value from (select unnest(?) as value) "
        "where coalesce(year(try_strptime(trim(value), ?)) < 1900, true)",
        [values, form],
    ).fetchall()
    return [value for (value,) in rows]
