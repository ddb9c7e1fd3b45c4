"""The rows of seeds that a dataset has of its own, so that no shop has to edit the project.

`lists.csv` in its folder changes rows of the seeds list_definitions and list_priors, and
`dataset.yml` those of service_codes (`service_codes`), contact_channels (`contact_caps`),
list_offers (`offers`) and, by the costs of its channels, of list_definitions (`costs`). They take
their places in the seeds' own tables when these are loaded (macro add_dataset_rows), so whatever
reads a seed reads them.
"""

from __future__ import annotations

import csv
import difflib
import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from pathlib import Path

from targeted_lists.common.project import project_path, read_project
from targeted_lists.inputs.dataset_file import GOODS, DatasetFile, read_dataset_file
from targeted_lists.inputs.dataset_folder import LISTS_FILE, SETTINGS_FILE, refusing_unreadable
from targeted_lists.inputs.list_values import PROBABILITIES, find_value_fault
from targeted_lists.inputs.lists_file import Row, find_lists_file, parse_lists, read_lists
from targeted_lists.inputs.readable import InputError, Settings
from targeted_lists.inputs.seeds import find_seed_fault, read_columns

DEFINITIONS, PRIORS = "list_definitions", "list_priors"
CHANNELS, OFFERS, SERVICES = "contact_channels", "list_offers", "service_codes"
KEYS = {
    DEFINITIONS: ("list_name",),
    PRIORS: ("list_name",),
    CHANNELS: ("channel",),
    OFFERS: ("dataset", "list_name", "variant"),
    SERVICES: ("adapter", "code_pattern"),
}
MAY_BE_EMPTY = ("purpose_ru", "offer_ru", "budget")
# In a cell of `lists.csv`, where an empty one leaves what the project says.
NO_BUDGET = "none"
# The rows of a seed by their key.
Table = dict[tuple[str, ...], Row]


@dataclass
class SeedRows:
    """What a dataset changes in a seed.

    Attributes
    ----------
    columns : of the seed, in its order.
    key : columns that tell its rows apart.
    replaced : keys of rows that are taken out.
    rows : the rows that are put in, in the order of `columns`; None where nothing stands.
    """

    columns: list[str]
    key: list[str]
    replaced: list[list[str]] = field(default_factory=list)
    rows: list[list[str | None]] = field(default_factory=list)


def describe_dataset_rows_json(data_dir: str, dataset: str, adapter: str, lists: str) -> str:
    """Describe a dataset's own rows for the SQL that puts them into the seeds.

    Parameters
    ----------
    data_dir, dataset, adapter : as of `describe_inputs`.
    lists : JSON of the var `lists`.

    Returns
    -------
    JSON with `error` (a sentence, or null), `seeds` (a `SeedRows` by name) and `checksums` of
    these.
    """
    try:
        seeds = find_dataset_rows(Path(data_dir) / dataset, adapter, json.loads(lists))
    except InputError as error:
        return json.dumps({"error": str(error), "seeds": {}, "checksums": {}})
    described = {name: asdict(rows) for name, rows in seeds.items()}
    checksums = {
        name: hashlib.sha256(json.dumps(rows, sort_keys=True).encode()).hexdigest()
        for name, rows in described.items()
    }
    return json.dumps({"error": None, "seeds": described, "checksums": checksums})


@refusing_unreadable()
def find_dataset_rows(
    folder: Path,
    adapter: str,
    lists: Iterable[str] | None = None,
    *,
    lists_text: str | None = None,
) -> dict[str, SeedRows]:
    """Return what a dataset changes in the seeds, by seed; nothing where it says nothing.

    Parameters
    ----------
    lists : the var `lists`; else as the dataset or the project has it.
    lists_text : what `lists.csv` will hold, where that is not what it holds.

    Raises
    ------
    InputError : the first thing that cannot be used, as one sentence.
    """
    if not folder.is_dir():
        return {}
    settings = read_dataset_file(folder, Settings())
    path = find_lists_file(folder) or folder / LISTS_FILE
    listed = (
        parse_lists(lists_text, path)
        if lists_text is not None
        else read_lists(path)
        if path.exists() or path.is_symlink()
        else {}
    )
    parts = (settings.service_codes, settings.costs, settings.contact_caps, settings.offers)
    if not (listed or any(parts)):
        return {}
    if fault := find_seed_fault():
        raise InputError(fault)
    if lists is None:
        lists = settings.variables.get("lists") or read_project()["vars"].get("lists", [])
    definitions, priors = read_seed(DEFINITIONS), read_seed(PRIORS)
    for number, row in listed.values():
        if fault := change_list(definitions, priors, row, list(lists)):
            raise InputError(f"{path}, row {number}: {fault}")
    if listed and (fault := find_equal_priorities(definitions)):
        raise InputError(f"{path}: {fault}")
    changed = {
        DEFINITIONS: definitions,
        PRIORS: priors,
        CHANNELS: read_seed(CHANNELS),
        OFFERS: read_seed(OFFERS),
        SERVICES: read_seed(SERVICES),
    }
    fault = change_channels(changed, settings, listed) or change_offers(
        changed, settings.offers, folder.name
    )
    if fault:
        raise InputError(f"{folder / SETTINGS_FILE}: {fault}")
    change_services(changed[SERVICES], settings, adapter)
    found = {seed: compare(seed, table) for seed, table in changed.items()}
    return {seed: rows for seed, rows in found.items() if rows.replaced or rows.rows}


def change_list(definitions: Table, priors: Table, row: Row, lists: list[str]) -> str | None:
    """Change the rows of a list by its row in `lists.csv`, or add them; say what is unsound."""
    name = row["list_name"]
    is_new = (name,) not in definitions
    if is_new and (fault := find_new_fault(name, lists, [one for (one,) in definitions])):
        return fault
    cells = dict(row)
    if cells.get("budget") == NO_BUDGET:
        cells["budget"] = ""
    if fault := find_value_fault(cells):
        return fault
    before = definitions.get((name,), dict.fromkeys(read_columns(DEFINITIONS), ""))
    # A text that is changed alone leaves no translation of what it was.
    emptied = {f"{text}_ru": "" for text in ("purpose", "offer") if text in row}
    shares = {column: cells.pop(column) for column in PROBABILITIES if column in row}
    definitions[(name,)] = {**before, **emptied, **cells}
    assumed = dict.fromkeys(read_columns(PRIORS), "") | {"list_name": name, "basis": "assumed"}
    priors[(name,)] = {**priors.get((name,), assumed), **shares}
    lacking = [
        column
        for table in (definitions, priors)
        for column, value in table[(name,)].items()
        if not value and column not in MAY_BE_EMPTY
    ]
    if lacking:
        return f"the list {name} is new and lacks {', '.join(lacking)}; fill in these columns."
    return find_prior_fault(priors[(name,)])


def find_new_fault(name: str, lists: list[str], known: list[str]) -> str | None:
    """Say why a list that no seed has cannot be made; None if it can."""
    if any(project_path("models").rglob(f"candidates_{name}.*")):
        if name in lists:
            return None
        return (
            f"the var lists does not name {name}; write `vars: {{lists: "
            f"[{', '.join([*lists, name])}]}}` into {SETTINGS_FILE}."
        )
    close = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(known)}."
    return (
        f"there is no list {name}, for no model candidates_{name} says who might be in it; {hint}"
    )


def find_prior_fault(prior: Row) -> str | None:
    """Say why what is assumed of a list cannot be; None if it can."""
    baseline, added, smallest = (Decimal(prior[column]) for column in PROBABILITIES)
    if baseline < 0 or not 0 <= baseline + added <= 1 or smallest <= 0:
        return (
            "baseline_probability, and that with added_probability, are from 0 to 1, and "
            "smallest_effect is above 0."
        )
    return None


def find_equal_priorities(definitions: Table) -> str | None:
    """Say which two lists would go first at once; None if each has a priority of its own."""
    holders: dict[str, str] = {}
    for (name,), row in definitions.items():
        holder = holders.setdefault(row["priority"].strip().lstrip("0"), name)
        if holder != name:
            return (
                f"{holder} and {name} have the same priority {row['priority']}; give each its own."
            )
    return None


def change_channels(
    changed: dict[str, Table], settings: DatasetFile, listed: dict[str, tuple[int, Row]]
) -> str | None:
    """Change caps and costs by what `dataset.yml` says of channels; say what is unsound."""
    channels = changed[CHANNELS]
    for part, named in (("costs", settings.costs), ("contact_caps", settings.contact_caps)):
        if unknown := next((one for one in named if (one,) not in channels), None):
            hint = (
                f"; what a list costs stands in {LISTS_FILE} (contact_cost, offer_cost)"
                if part == "costs"
                else ""
            )
            return (
                f"{part} names {unknown}, which is no channel "
                f"({', '.join(one for (one,) in channels)}){hint}."
            )
    for name, cap in settings.contact_caps.items():
        channels[(name,)] |= {"contact_cap": cap}
    for (name,), row in changed[DEFINITIONS].items():
        if "contact_cost" not in listed.get(name, (0, {}))[1]:
            row["contact_cost"] = price_message(row, settings.costs)
    return None


def price_message(definition: Row, costs: dict[str, str]) -> str:
    """Return the cost of a list's dearest channel; one that is not priced costs what it did."""
    channels = definition["channel"].split(" ")
    known = [costs[one] for one in channels if one in costs]
    if len(known) < len(channels):
        known.append(definition["contact_cost"])
    return max(known, key=Decimal)


def change_offers(
    changed: dict[str, Table], offers: dict[str, dict[str, Row]], dataset: str
) -> str | None:
    """Give the lists that a dataset names its own offers; say what is unsound."""
    table, names = changed[OFFERS], [name for (name,) in changed[DEFINITIONS]]
    for name, variants in offers.items():
        if name not in names:
            return f"offers names {name}, which is no list ({', '.join(names)})."
        for key in [one for one in table if one[:2] == (dataset, name)]:
            del table[key]
        for variant, said in variants.items():
            key = {"dataset": dataset, "list_name": name, "variant": variant}
            table[dataset, name, variant] = key | said
    return None


def change_services(services: Table, settings: DatasetFile, adapter: str) -> None:
    """Add the codes of services that `dataset.yml` names, and take out those of goods."""
    for code, service in settings.service_codes.items():
        if service.name.lower() == GOODS:
            services.pop((adapter, code), None)
            continue
        services[(adapter, code)] = {
            "adapter": adapter,
            "code_pattern": code,
            "service": service.name,
            "service_ru": "",
            "is_money_off": str(service.is_money_off).lower(),
        }


def compare(seed: str, now: Table) -> SeedRows:
    """Return what has changed in a seed."""
    before = read_seed(seed)
    changed = [key for key in now if before.get(key) != now[key]]
    gone = [key for key in before if key not in now or key in changed]
    columns = read_columns(seed)
    return SeedRows(
        columns=columns,
        key=list(KEYS[seed]),
        replaced=[list(key) for key in gone],
        rows=[[now[key][column] or None for column in columns] for key in changed],
    )


def read_seed(seed: str) -> Table:
    """Return the rows of a seed by their key."""
    with project_path(f"seeds/{seed}.csv").open(encoding="utf-8-sig", newline="") as file:
        return {tuple(row[column] for column in KEYS[seed]): row for row in csv.DictReader(file)}
