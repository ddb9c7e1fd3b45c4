"""`dataset.yml`: how the files of a dataset are read, and what that shop sets for itself."""

from __future__ import annotations

import codecs
import re
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import duckdb
import yaml

from targeted_lists.inputs.connectors import read_connectors
from targeted_lists.inputs.dataset_folder import SETTINGS_FILE
from targeted_lists.inputs.offers import find_offer_fault, read_offer
from targeted_lists.inputs.readable import InputError, Settings, one_line

# Codecs of Python that encode texts, but for names and source code, not for files.
NO_FILE_ENCODINGS = {"idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape"}
# Settings that say what a platform does, and are rarely set by hand.
OF_CONNECTORS = ("packed", "document", "total", "customer_is")
STATUSES = ("placed", "delivered", "cancelled", "returned")
UNDECIDED = "undecided"
# Settings in which a file may be written otherwise than the rest of its dataset.
OF_FILES = ("delimiter", "encoding", "skip_lines", "sheet")
DATE_ORDERS = ("", "day first", "month first")
OFFSET = re.compile(r"[+-](0\d|1[0-4]):?[0-5]\d")
PARTS = (
    *("mapping", "files", "statuses", "service_codes", "costs", "contact_caps", "offers"),
    "vars",
)
# What a code stands for that the project takes for a service, and this shop sells.
GOODS = "goods"


@dataclass(frozen=True)
class Service:
    """What a code of products stands for.

    Attributes
    ----------
    name : in words; goods where it is none.
    is_money_off : whether a negative amount under the code reduces the sales of its order.
    """

    name: str
    is_money_off: bool = False


@dataclass(frozen=True)
class NamedFile:
    """A file that `dataset.yml` names.

    Attributes
    ----------
    path : from the dataset's folder, or absolute; that of a table in an archive goes on in it.
    settings : how it is written, where not as the rest of its dataset.
    """

    path: str
    settings: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class DatasetFile:
    """What `dataset.yml` says.

    Attributes
    ----------
    settings : how its text files are written.
    sources : input -> column -> headings that it is read from, of a connector.
    order_fields : columns that stand on the first line of an order alone, of a connector.
    mapping : input, or nothing for all -> heading of its files -> the columns of the contract that
        it is read as, the second and further ones where their own heading is empty; one that has
        none is not read, though its name may be that of a column.
    files : input -> its files, those in the folder that have its name left out.
    statuses : word of the shop -> placed, delivered, cancelled or returned.
    service_codes : code of a product, `%` for any text -> the service that it stands for.
    costs, contact_caps : channel -> what a message costs; how many a customer gets at most.
    offers : list -> variant -> its offer, offer_ru and offer_cost.
    variables : vars of dbt that this shop sets.
    """

    settings: Settings
    sources: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    order_fields: list[str] = field(default_factory=list)
    mapping: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    files: dict[str, list[NamedFile]] = field(default_factory=dict)
    statuses: dict[str, str] = field(default_factory=dict)
    service_codes: dict[str, Service] = field(default_factory=dict)
    costs: dict[str, str] = field(default_factory=dict)
    contact_caps: dict[str, str] = field(default_factory=dict)
    offers: dict[str, dict[str, dict[str, str]]] = field(default_factory=dict)
    variables: dict[str, Any] = field(default_factory=dict)


def read_dataset_file(folder: Path, defaults: Settings) -> DatasetFile:
    """Read `dataset.yml` of a folder over an adapter's defaults; without it these stand.

    Raises
    ------
    InputError : it is no YAML, or a setting is unknown or unsound.
    """
    named = [path for path in sorted(folder.iterdir()) if path.name.lower() == SETTINGS_FILE]
    if not named:
        return DatasetFile(defaults)
    path = named[0]
    try:
        given = yaml.safe_load(path.read_text(encoding="utf-8-sig")) or {}
    except (yaml.YAMLError, UnicodeDecodeError, OSError) as error:
        raise InputError(
            f"{path} is not readable as YAML ({one_line(error)}); write a line `name: value` "
            "for each setting."
        ) from error
    known = asdict(defaults)
    names = [*known, "connector", *PARTS]
    if not isinstance(given, dict) or given.keys() - {*names}:
        extra = min(map(str, given.keys() - {*names})) if isinstance(given, dict) else given
        raise InputError(
            f"{path} has the unknown setting {extra}; it may have "
            f"{', '.join(one for one in names if one not in OF_CONNECTORS)}."
        )
    connector = None
    if named_connector := given.get("connector"):
        connector = read_connectors().get(str(named_connector))
        if connector is None:
            raise InputError(
                f"{path}: there is no connector {named_connector!r}; there are "
                f"{', '.join(read_connectors())}."
            )
        known |= connector.settings
    for part in PARTS:
        if not isinstance(given.get(part) or {}, dict):
            raise InputError(
                f"{path}: {part} is a list of `name: value` lines, one below another."
            )
    fault = (
        find_service_fault(given.get("service_codes") or {})
        or find_amount_fault(given)
        or find_offer_fault(given.get("offers") or {})
    )
    if fault:
        raise InputError(f"{path}: {fault}.")
    written = {name: str(value) for name, value in given.items() if name in known}
    found = DatasetFile(
        settings=Settings(**known | written),
        sources={connector.input: connector.columns} if connector and connector.columns else {},
        order_fields=connector.order_fields if connector else [],
        mapping=read_mapping(items(given, "mapping")),
        files={
            str(name): [
                name_file(one, str(name), path)
                for one in (named if isinstance(named, list) else [named])
            ]
            for name, named in items(given, "files")
        },
        statuses={str(word).lower(): str(status) for word, status in items(given, "statuses")},
        service_codes={code: read_service(said) for code, said in items(given, "service_codes")},
        costs={str(name): str(cost) for name, cost in items(given, "costs")},
        contact_caps={str(name): str(cap) for name, cap in items(given, "contact_caps")},
        offers={
            str(name): {variant.strip(): read_offer(said) for variant, said in variants.items()}
            for name, variants in items(given, "offers")
        },
        variables={
            **({"adapter": connector.adapter} if connector and connector.adapter else {}),
            **{str(name): value for name, value in items(given, "vars")},
        },
    )
    if fault := find_setting_fault(found.settings) or find_part_fault(found):
        raise InputError(f"{path}: {fault}.")
    return found


def name_file(given: object, input_name: str, path: Path) -> NamedFile:
    """Return a file as one line of `files` names it: a path, or a path and settings.

    Raises
    ------
    InputError : it has no path, or a setting that a file cannot have of its own.
    """
    if not isinstance(given, dict):
        return NamedFile(str(given))
    if extra := sorted(map(str, given.keys() - {"path", *OF_FILES})):
        raise InputError(
            f"{path}: a file of {input_name} has the setting {extra[0]}, which is of the whole "
            f"dataset; a file may have {', '.join(OF_FILES)} of its own."
        )
    if not given.get("path"):
        raise InputError(f"{path}: a file of {input_name} has no path; write path: orders.csv.")
    return NamedFile(
        str(given["path"]),
        {name: str(value) for name, value in given.items() if name != "path"},
    )


def read_mapping(given: list[tuple[Any, Any]]) -> dict[str, dict[str, list[str]]]:
    """Return what headings are read as, by input, of the lines of `mapping`.

    A line names a heading and its column, or an input and the headings of its files:
    `Qty: quantity`, or `order_lines: {Qty: quantity}`.
    """
    mapping: dict[str, dict[str, list[str]]] = {"": {}}
    for name, said in given:
        if isinstance(said, dict):
            mapping[str(name)] = dict(map(read_heading, said.items()))
        else:
            heading, columns = read_heading((name, said))
            mapping[""][heading] = columns
    return mapping


def read_heading(said: tuple[Any, Any]) -> tuple[str, list[str]]:
    """Return a heading and its columns; one without any is not read."""
    heading, columns = str(said[0]), said[1] if isinstance(said[1], list) else [said[1]]
    return heading, [str(one) for one in columns if one] or [f"not read: {heading}"]


def items(given: dict[str, Any], part: str) -> list[tuple[Any, Any]]:
    """Return the lines of one part of the file."""
    return list((given.get(part) or {}).items())


def read_service(said: Any) -> Service:
    """Return what a code stands for, from its name or from a name and `money_off`."""
    if isinstance(said, dict):
        return Service(said["service"].strip(), said.get("money_off", False))
    return Service(said.strip())


def find_service_fault(codes: dict[Any, Any]) -> str | None:
    """Say which of the codes of services cannot be used; None if all can."""
    for code, said in codes.items():
        if not isinstance(code, str):
            return f"the code {code} in service_codes is no text; write it in double quotes"
        if not code.strip("%_ "):
            return (
                f"the code {code!r} in service_codes stands for every product; name some of them"
            )
        named = said if isinstance(said, dict) else {"service": said}
        if named.keys() - {"service", "money_off"} or not is_text(named.get("service")):
            return (
                f"what {code!r} in service_codes stands for is written as `delivery` or as "
                f"`{{service: coupon, money_off: true}}`, not as {said!r}"
            )
        if not isinstance(named.get("money_off", False), bool):
            return f"money_off of {code!r} in service_codes is true or false"
    return None


def is_text(value: Any) -> bool:
    """Whether a value is a text in which something stands."""
    return isinstance(value, str) and bool(value.strip())


def find_amount_fault(given: dict[str, Any]) -> str | None:
    """Say which cost or cap of a channel cannot be used; None if all can."""
    for part, what, kinds in (
        ("costs", "an amount from 0 on, such as 0.02", (int, float)),
        ("contact_caps", "a whole number from 0 on", int),
    ):
        for channel, value in items(given, part):
            if isinstance(value, bool) or not isinstance(value, kinds) or not 0 <= value < 10**9:
                return f"{part} of {channel} is {what}, not {value!r}"
    return None


def find_setting_fault(settings: Settings) -> str | None:
    """Say which setting cannot be used; None if all can."""
    for name, value in asdict(settings).items():
        if value == UNDECIDED:
            return f"{name} is not decided; say it there ({ways_out(name)})"
    if not re.fullmatch(r"[\t -~]", settings.delimiter) or settings.delimiter == '"':
        return (
            f"the delimiter {settings.delimiter!r} is not one character; write it in double "
            'quotes, such as ";" or "\\t"'
        )
    if settings.decimal not in (".", ","):
        return f"the decimal mark {settings.decimal!r} is neither a point nor a comma"
    if settings.thousands not in ("", ".", ",") or settings.thousands == settings.decimal:
        return (
            f"the thousands mark {settings.thousands!r} is neither a point nor a comma, or it is "
            "the decimal mark"
        )
    if not is_file_encoding(settings.encoding):
        return f"the encoding {settings.encoding!r} is unknown; utf-8, cp1251 and utf-16 are some"
    for form in filter(None, settings.timestamp_format.split("|")):
        if not is_timestamp_format(form):
            return f"the timestamp_format {form!r} is none of strptime; %d.%m.%Y %H:%M is one"
    if settings.date_order not in DATE_ORDERS:
        return f"the date_order {settings.date_order!r} is neither day first nor month first"
    if settings.time_zone and not is_time_zone(settings.time_zone):
        return f"the time_zone {settings.time_zone!r} is unknown; Europe/Berlin and +02:00 are two"
    if settings.prices not in ("", "with tax", "without tax"):
        return f"prices is {settings.prices!r}, neither with tax nor without tax"
    if not re.fullmatch(r"\d{1,3}", settings.skip_lines, re.ASCII):
        return f"skip_lines is {settings.skip_lines!r}, no number of lines above the header"
    if settings.customer_is not in ("", "name"):
        return f"customer_is may be name, not {settings.customer_is!r}"
    if settings.equal_lines not in ("keep", "merge"):
        return f"equal_lines is {settings.equal_lines!r}, neither keep nor merge"
    return None


def ways_out(name: str) -> str:
    """Return what a setting may be that could not be told from the files."""
    return {
        "date_order": "day first or month first, of dates such as 01/02/2026",
        "decimal": 'a point or a comma in quotes: "." or ","',
        "thousands": 'a point or a comma in quotes, or "" where 2,000 is two',
        "currency": "a code such as EUR",
        "time_zone": "such as Europe/Berlin or +02:00",
    }.get(name, "or remove the line")


def find_part_fault(found: DatasetFile) -> str | None:
    """Say what of a mapping, of files or of statuses cannot be used; None if all can."""
    for named in (one for ones in found.files.values() for one in ones):
        if fault := find_setting_fault(replace(found.settings, **named.settings)):
            return f"{fault}, for {named.path}"
    for word, status in found.statuses.items():
        if status == UNDECIDED:
            return (
                f"what the status {word!r} means is not decided; write placed, delivered, "
                "cancelled or returned behind it"
            )
        if status not in STATUSES:
            return f"the status {word!r} cannot be {status!r}; it may be {', '.join(STATUSES)}"
    for headings in found.mapping.values():
        lowered = [heading.lower() for heading in headings]
        if twice := next((one for one in lowered if lowered.count(one) > 1), None):
            return f"the heading {twice!r} is mapped twice"
    return None


def is_file_encoding(name: str) -> bool:
    """Whether text files can be in an encoding: Python has codecs for other ends, too."""
    try:
        # Those that do not encode texts fail here.
        "".encode(name)
    except (LookupError, ValueError):
        return False
    return codecs.lookup(name).name.replace("_", "-") not in NO_FILE_ENCODINGS


def is_timestamp_format(form: str) -> bool:
    """Whether DuckDB reads dates by a format."""
    with duckdb.connect() as connection:
        try:
            connection.execute("select try_strptime('', ?::varchar)", [form]).fetchall()
        except duckdb.Error:
            return False
    return True


def is_time_zone(name: str) -> bool:
    """Whether DuckDB knows a zone by its name, or it is an offset."""
    if OFFSET.fullmatch(name):
        return True
    with duckdb.connect() as connection:
        known = connection.execute("select name from pg_timezone_names()").fetchall()
    return (name,) in known
