"""Whether the tables of two tools are equal: every row by its key, money to a tenth of a cent."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import duckdb

# Doubles are rounded where decimals are exact.
TOLERANCE = "0.001 + 1e-9"
CITY_COLUMNS = tuple(f"city_{place}_share" for place in range(1, 6))
CATEGORY_COLUMNS = (
    *("favourite_category", "categories"),
    *(f"category_{place}_share" for place in range(1, 6)),
)
BASES = ("placed", "bought")
MEASURES = ("units", "revenue", "margin")
SUMS = tuple(f"{basis}_{measure}" for basis in BASES for measure in ("lines", *MEASURES))
PREFERENCES = ("weekday", "hour", "city", "channel", "delivery_method", "payment_method")
KEYS = {
    "lines": (),
    "returns": (),
    "orders": ("order_id",),
    "sales_pivot": ("basis", "dimension", "member"),
    "customer_pivot": ("customer_id",),
    "rfm_scores": ("basis", "customer_id"),
    "itemsets": ("itemset",),
}
VALUES = {
    "lines": ("rows", *(f"{basis}_{m}" for basis in BASES for m in MEASURES), "refund"),
    "returns": ("rows", "quantity", "revenue"),
    "orders": (
        *("customer_id", "channel", "country", "city", "lines", *SUMS, "refund"),
        *("is_placed", "is_bought", "ordered_at"),
    ),
    "sales_pivot": ("orders", "customers", "lines", *MEASURES, "returns_amount"),
    "customer_pivot": (
        *(f"{basis}_orders" for basis in BASES),
        *SUMS,
        *(f"{end}_{basis}_at" for basis in BASES for end in ("first", "last")),
        *("mean_gap_days", "median_gap_days", "products"),
        *(f"preferred_{name}" for name in PREFERENCES),
        *CATEGORY_COLUMNS,
        *CITY_COLUMNS,
    ),
    "rfm_scores": ("recency_days", "frequency", "monetary", "rfm_code", "segment"),
    "itemsets": ("baskets",),
}
LINE_SUMS = ", ".join(f"sum({name}) as {name}" for name in VALUES["lines"][1:])
PROJECT = {
    "lines": f"select count(*) as rows, {LINE_SUMS} from core.fct_order_lines where is_modelled",
    "returns": "select count(distinct sale_line_id) as rows, sum(quantity) as quantity, "
    "sum(revenue) as revenue from intermediate.int_return_matches where not is_written_twice",
    "orders": "from core.fct_orders",
    "sales_pivot": "select *, gross_margin as margin from pivots.sales_pivot",
    "customer_pivot": "from pivots.customer_pivot where source = 'orders'",
    "rfm_scores": "from rfm.rfm_scores",
    "itemsets": "select itemset, baskets from basket.frequent_itemsets "
    "where basis = 'order' and level = 'product' and length between 1 and 2",
}
ASKED = """
select
    (
        select max(min_support) from basket.ml_frequent_itemsets
        where basis = 'order' and level = 'product'
    ) as min_support,
    min_confidence,
    (
        select (to_timestamp(mining_until_seconds) at time zone 'UTC')::varchar
        from basket.basket_periods
    ) as mined_until
from basket.basket_thresholds where basis = 'order' and level = 'product'
"""


@dataclass
class Tables:
    """The tables of one tool: a query for each, and what must be attached to ask it."""

    queries: dict[str, str]
    database: Path | None = None
    has_formed_categories: bool = False
    has_cities: bool = True
    frames: dict[str, object] = field(default_factory=dict)

    @classmethod
    def of_project(cls, database: Path) -> Tables:
        """Return the tables of the project's working database."""
        with duckdb.connect(str(database), read_only=True) as connection:
            formed = connection.execute(
                "select count(*) from core.product_categories where is_derived"
            ).fetchone()[0]
            cities = connection.execute(
                "select count(*) from pivots.customer_pivot_labels where dimension = 'city'"
            ).fetchone()[0]
        return cls(PROJECT, database, has_formed_categories=formed > 0, has_cities=cities > 0)

    @classmethod
    def of_floor(cls, folder: Path) -> Tables:
        """Return the tables that `spine_duckdb.py` wrote."""
        names = ("orders", "sales_pivot", "customer_pivot", "rfm_scores")
        queries = {name: f"from {name}" for name in names}
        queries["lines"] = f"select count(*) as rows, {LINE_SUMS} from lines where is_modelled"
        queries["returns"] = (
            "select count(distinct sale_line) as rows, sum(quantity) as quantity, "
            "sum(revenue) as revenue from returns"
        )
        return cls(queries, folder / "floor.duckdb")

    @classmethod
    def of_script(cls, folder: Path) -> Tables:
        """Return the tables that a script wrote, as parquet or, where it could not, pickled."""
        pickled = {path.stem: path for path in sorted(folder.glob("*.pickle"))}
        frames = {}
        if pickled:
            import pandas as pd

            frames = {name: pd.read_pickle(path) for name, path in pickled.items()}

        def source(name: str) -> str:
            return f"frame_{name}" if name in frames else f"'{folder / name}.parquet'"

        names = ("orders", "sales_pivot", "customer_pivot", "rfm_scores", "itemsets")
        queries = {name: f"from {source(name)}" for name in names}
        queries["lines"] = f"select count(*) as rows, {LINE_SUMS} from {source('lines')}"
        queries["returns"] = (
            "select count(*) as rows, sum(returned_quantity) as quantity, "
            f"sum(returned_revenue) as revenue from {source('returns')}"
        )
        return cls(queries, frames=frames)

    def copy_to(self, connection: duckdb.DuckDBPyConnection, name: str, columns: str) -> None:
        """Copy one table into the connection's own database."""
        if self.database:
            connection.execute(f"attach '{self.database}' as source (read_only)")
            connection.execute("use source")
        for frame, rows in self.frames.items():
            connection.register(f"frame_{frame}", rows)
        query = self.queries[name]
        connection.execute(
            f"create or replace table memory.{columns.split()[0]} as "
            f"select {columns.split(maxsplit=1)[1]} from ({query})"
        )
        if self.database:
            connection.execute("use memory")
            connection.execute("detach source")


def differences(project: Tables, other: Tables, *, with_rules: bool = False) -> list[str]:
    """Return a sentence for each table of another tool that is not equal to the project's.

    Where the project forms categories of its own, there is nothing to compare with them; shares
    of cities are compared where the dataset has any.
    """
    found = []
    for name, key in KEYS.items():
        if name == "itemsets" and not with_rules:
            continue
        values = VALUES[name]
        if project.has_formed_categories:
            values = [value for value in values if value not in CATEGORY_COLUMNS]
        if not project.has_cities:
            values = [value for value in values if value not in CITY_COLUMNS]
        with duckdb.connect() as connection:
            columns = ", ".join([*key, *values])
            project.copy_to(connection, name, f"ours {columns}")
            other.copy_to(connection, name, f"theirs {columns}")
            where = "true"
            if name == "sales_pivot" and project.has_formed_categories:
                where = "not starts_with(dimension, 'category')"
            found += compare(connection, name, key=key, values=values, where=where)
    return found


def compare(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    *,
    key: tuple[str, ...],
    values: list[str] | tuple[str, ...],
    where: str,
) -> list[str]:
    """Return a sentence where the tables `ours` and `theirs` differ."""
    kinds = {row[0]: row[1] for row in connection.execute("describe ours").fetchall()}
    counts = [
        connection.execute(f"select count(*) from {side} where {where}").fetchone()[0]
        for side in ("ours", "theirs")
    ]
    if counts[0] != counts[1]:
        return [f"{name} has {counts[1]:,} rows, not {counts[0]:,}"]
    joined = " and ".join(f"ours.{column} = theirs.{column}" for column in key) or "true"
    tests = [is_different(column, kinds[column]) for column in values]
    rows = connection.execute(
        f"select {', '.join(f'count(*) filter (where {test})' for test in tests)}, count(*) "
        f"from (from ours where {where}) as ours inner join theirs on {joined}"
    ).fetchone()
    sentences = [
        f"{name}.{column} differs in {count:,} of {counts[0]:,} rows"
        for column, count in zip(values, rows, strict=False)
        if count
    ]
    if rows[-1] != counts[0]:
        sentences.append(f"{name} shares {rows[-1]:,} keys of {counts[0]:,}")
    return sentences


def is_different(column: str, kind: str) -> str:
    """Return the SQL that says whether a column differs."""
    ours, theirs = f"ours.{column}", f"theirs.{column}"
    if kind in ("VARCHAR", "BOOLEAN") or kind.startswith(("TIMESTAMP", "DATE")):
        return f"{ours}::varchar is distinct from {theirs}::varchar"
    gap = f"abs({ours}::double - {theirs}::double) > {TOLERANCE} * abs({ours}::double)"
    # What a script does not know is no number or null.
    missing = f"coalesce(isnan({theirs}::double), true)"
    return f"case when {ours} is null then not {missing} else {missing} or {gap} end"


def read_requested(database: Path) -> dict[str, object]:
    """Return what the project asked of rules between products of one order."""
    with duckdb.connect(str(database), read_only=True) as connection:
        found = connection.execute(ASKED)
        names = [column[0] for column in found.description]
        return dict(zip(names, found.fetchone(), strict=True))
