"""Numbers in the sentences that people read: with a unit, rounded, and never a machine's."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb

# What a reader would stumble over, in either language.
BAD_NUMBERS = {
    "a zero after the point": re.compile(r"(?<![\d.,])\d+\.0(?!\d)(?! ?%)"),
    # A small share may have two digits that count, however far behind the point.
    "more decimals than anybody reads": re.compile(
        r"(?<![\d.])(?!0\.0+[1-9]\d?(?!\d))\d+\.\d{5,}"
    ),
    "zeros at the end": re.compile(r"\d\.\d{3,}0(?!\d)"),
    "a machine's word for nothing": re.compile(r"\b(None|nan|NaN|NaT|NULL|null|inf)\b"),
    "a place that was not filled": re.compile(r"[{}]"),
    "a rhythm without a unit": re.compile(
        r"(?:usually every|раз в) \d+(?:\.\d+)?(?![\d.])(?! (?:days?|день|дня|дней)\b)"
    ),
    "one of many": re.compile(
        r"(?<![\d.,])(?:1 (?:days|orders)|(?:\d*[02-9])?1 (?:дня|дней|заказа|заказов))\b"
    ),
    "many of one": re.compile(
        r"(?<![\d.,])(?:(?!1 )\d+ (?:day|order)|(?:\d*[02-9]|\d*1\d) (?:день|заказ))\b"
    ),
}
# The schemas that people read.
READ = [
    *("core", "pivots", "rfm", "segmentation", "basket", "activity", "response", "findings"),
    *("new_customers", "targeting", "lists", "monitoring", "metrics"),
]
# Data of the shop, machines' records, and texts with places that their readers fill.
NOT_SENTENCES = {
    ("core", "source_profile"),
    ("core", "page_texts"),
    ("metrics", "labels"),
    ("activity", "activity_models"),
}
DATA = re.compile(
    r".*name|category_\d|member|antecedent|consequent|items?|source_file|favourite.*"
)


def find_bad_numbers(database: Path) -> dict[str, tuple[str, str]]:
    """Return each column of text with a number that reads badly: what is wrong, and where.

    A name of the shop's own, a product's, stands in sentences too; it is left out by the names
    that `dim_products` has. What stands in quotes is what a raw file says.
    """
    found = {}
    with duckdb.connect(str(database), read_only=True) as connection:
        names = [
            name
            for (name,) in connection.execute(
                "select distinct product_name from core.dim_products "
                "where regexp_matches(product_name, '[0-9]') order by length(product_name) desc"
            ).fetchall()
        ]
        columns = connection.execute(
            "select schema_name, table_name, column_name from duckdb_columns() "
            "where data_type = 'VARCHAR' and schema_name in ? order by all",
            [READ],
        ).fetchall()
        for schema, table, column in columns:
            if (schema, table) in NOT_SENTENCES or DATA.fullmatch(column):
                continue
            values = connection.execute(
                f'select distinct "{column}" from "{schema}"."{table}" '
                f'where "{column}" like \'% %\' and regexp_matches("{column}", ?)',
                [r"[0-9{}]|None|nan|NaN|NaT|NULL|null|inf"],
            ).fetchall()
            for (value,) in values:
                # A machine's record of a model, which the working database holds.
                if value.startswith(('{"', '[{"')):
                    continue
                text = re.sub('".*?"', "", value)
                for what, pattern in BAD_NUMBERS.items():
                    if pattern.search(text) and pattern.search(without(text, names)):
                        found[f"{schema}.{table}.{column}"] = (what, value)
    return found


def without(text: str, names: list[str]) -> str:
    """Return a text without the names that stand in it."""
    for name in names:
        text = text.replace(name, "")
    return text
