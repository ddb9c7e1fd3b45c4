"""What each adapter looks for in a dataset's folder: its files, their columns and settings."""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from pathlib import Path

from targeted_lists.common.project import project_path
from targeted_lists.inputs.archives import ARCHIVE
from targeted_lists.inputs.readable import InputError, Settings
from targeted_lists.inputs.workbooks import WORKBOOKS

SUFFIXES = (".csv", ".csv.gz", ".parquet", ARCHIVE)
CONTRACT_SUFFIXES = (*SUFFIXES, *WORKBOOKS)


@dataclass(frozen=True)
class Layout:
    """What an adapter looks for in a folder.

    Attributes
    ----------
    inputs : input -> column in lower case -> is required.
    needs_one_of : inputs of which the folder must hold one.
    needs_all_of : inputs of which the folder must hold every one.
    suffixes, settings : of its files; `dataset.yml` is read over the settings.
    other_settings : what is read over those, in turn, where a header has not the required columns.
    file_names : input -> names of its files without suffix, where not its own.
    headers : header -> the column that it is read as, where it has another name.
    mapping : input -> header -> columns that it is read as, as a dataset says.
    sources : input -> column -> headers that it is read from, of which the first that is not
        empty counts; of an input that is here, no other header is read.
    """

    inputs: dict[str, dict[str, bool]]
    needs_one_of: tuple[str, ...]
    needs_all_of: tuple[str, ...] = ()
    suffixes: tuple[str, ...] = SUFFIXES
    settings: Settings = field(default_factory=Settings)
    other_settings: tuple[dict[str, str], ...] = ()
    file_names: dict[str, tuple[str, ...]] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    mapping: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    sources: dict[str, dict[str, list[str]]] = field(default_factory=dict)

    def find_places(self, headers: list[str], input_name: str) -> dict[str, list[int]]:
        """Return the places in the header of an input's file that each column is read from."""
        mapping = self.mapping.get(input_name, {})
        lowered = [header.lower() for header in headers]
        places: dict[str, list[int]] = {}
        # Each column from its own headings first, then from those that stand in for them.
        for is_first in (True, False):
            for header, columns in mapping.items():
                for column in columns[:1] if is_first else columns[1:]:
                    if header.lower() in lowered:
                        places.setdefault(column, []).append(lowered.index(header.lower()))
        if input_name not in self.sources:
            for place, column in enumerate(self.find_columns(headers, input_name)):
                if place not in places.get(column, []):
                    places.setdefault(column, []).insert(0, place)
            return places
        for column, sources in self.sources[input_name].items():
            there = [lowered.index(one.lower()) for one in sources if one.lower() in lowered]
            if there:
                places.setdefault(column, []).extend(there)
        return places

    def find_columns(self, headers: list[str], input_name: str) -> list[str]:
        """Return the columns, in lower case, that the headers of a file are read as."""
        columns = {header.lower(): column for header, column in self.headers.items()}
        for header, mapped in self.mapping.get(input_name, {}).items():
            columns[header.lower()] = mapped[0]
        return [columns.get(header.lower(), header.lower()) for header in headers]

    def find_header(self, column: str) -> str:
        """Return the header that a column is known by."""
        known = [header for header, name in self.headers.items() if name == column]
        mapped = [
            header
            for headers in self.mapping.values()
            for header, columns in headers.items()
            if columns[0] == column
        ]
        return next(iter([*known, *mapped]), column)


ONLINE_RETAIL = Layout(
    inputs={
        "online_retail": dict.fromkeys(
            (
                "invoiceno",
                "stockcode",
                "description",
                "quantity",
                "invoicedate",
                "unitprice",
                "customerid",
                "country",
            ),
            True,
        )
    },
    needs_one_of=("online_retail",),
    suffixes=(*SUFFIXES, ".xlsx"),
    # As the published cleaning of the file does.
    settings=Settings(
        encoding="iso-8859-1", timestamp_format="%m/%d/%Y %H:%M", equal_lines="merge"
    ),
    file_names={"online_retail": ("online_retail", "Online Retail")},
)

ORDER_EXPORT_COLUMNS = Path("seeds") / "order_export_columns.csv"
ORDER_EXPORT_REQUIRED = {"order_id", "document_at", "product_id", "quantity", "unit_price"}

ONE_CLICK_COLUMNS = Path("seeds") / "one_click_columns.csv"
ONE_CLICK_REQUIRED = {"customer_id", "activity", "period", "revenue", "minutes", "profit"}

# A required column of an input, and the others of which one does as well.
INSTEAD = {
    ("order_lines", "unit_price"): ("line_total", "line_gross"),
    ("consents", "customer_id"): ("email", "phone"),
    ("suppressions", "customer_id"): ("email", "phone"),
}

# Three copies are published: with ; and ISO dates, with , and 4-Sep-12, with tabs and 04-09-2012.
CUSTOMER_PERSONALITY = Layout(
    inputs={
        "marketing_campaign": dict.fromkeys(
            (
                *("id", "year_birth", "education", "marital_status", "income"),
                *("kidhome", "teenhome", "dt_customer", "recency"),
                *("mntwines", "mntfruits", "mntmeatproducts"),
                *("mntfishproducts", "mntsweetproducts", "mntgoldprods"),
                *("numdealspurchases", "numwebpurchases"),
                *("numcatalogpurchases", "numstorepurchases"),
                *("acceptedcmp1", "acceptedcmp2", "acceptedcmp3"),
                *("acceptedcmp4", "acceptedcmp5", "response"),
            ),
            True,
        )
        | dict.fromkeys(("numwebvisitsmonth", "complain", "z_costcontact", "z_revenue"), False)
    },
    needs_one_of=("marketing_campaign",),
    settings=Settings(delimiter=";", timestamp_format="%Y-%m-%d|%d-%b-%y|%d-%m-%Y"),
    other_settings=({"delimiter": ","}, {"delimiter": "\t"}),
    file_names={"marketing_campaign": ("marketing_campaign", "customer_personality")},
)


def layout_of(adapter: str, contract: dict[str, dict[str, str]]) -> Layout:
    """Return the layout an adapter reads; `contract` is the parsed var `input_contract`."""
    if adapter == "online_retail":
        return ONLINE_RETAIL
    if adapter == "order_export":
        return read_order_export_layout()
    if adapter == "one_click":
        return read_one_click_layout()
    if adapter == "customer_personality":
        return CUSTOMER_PERSONALITY
    if adapter != "contract":
        raise InputError(
            f"There is no adapter {adapter!r}; set the var adapter to contract, online_retail, "
            "order_export, one_click or customer_personality."
        )
    inputs = {
        name: {column.lower(): is_required(name, column, kind) for column, kind in columns.items()}
        for name, columns in contract.items()
    }
    return Layout(
        inputs=inputs,
        needs_one_of=("order_lines", "customer_totals"),
        suffixes=CONTRACT_SUFFIXES,
    )


def is_required(input_name: str, column: str, kind: str) -> bool:
    """Whether a file of an input needs a column, or one of those that do as well.

    >>> is_required("customers", "email", "string")
    False
    """
    return kind.endswith("required") or (input_name, column) in INSTEAD


def read_order_export_layout() -> Layout:
    """Return the layout of an order export, whose headers a seed names."""
    with project_path(ORDER_EXPORT_COLUMNS).open(encoding="utf-8", newline="") as lines:
        headers = {row["header"]: row["column_name"] for row in csv.DictReader(lines)}
    return Layout(
        inputs={
            "order_export": {name: name in ORDER_EXPORT_REQUIRED for name in headers.values()}
        },
        needs_one_of=("order_export",),
        settings=Settings(
            delimiter=";",
            encoding="cp1251",
            decimal=",",
            timestamp_format="%d.%m.%Y %H:%M:%S|%d.%m.%Y %H:%M|%d.%m.%Y",
        ),
        headers=headers,
    )


def read_one_click_layout() -> Layout:
    """Return the layout of the four files of one_click, whose headers a seed names.

    Of `money.csv` two copies are published, one with `;` and decimal commas and one with `,` and
    decimal points: the header tells which it is.
    """
    inputs: dict[str, dict[str, bool]] = {}
    headers: dict[str, str] = {}
    with project_path(ONE_CLICK_COLUMNS).open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            columns = inputs.setdefault(row["file"], {})
            columns[row["column_name"]] = row["column_name"] in ONE_CLICK_REQUIRED
            headers[row["header"]] = row["column_name"]
    return Layout(
        inputs=inputs,
        needs_one_of=tuple(inputs),
        needs_all_of=tuple(inputs),
        other_settings=({"delimiter": ";", "decimal": ","},),
        headers=headers,
    )
