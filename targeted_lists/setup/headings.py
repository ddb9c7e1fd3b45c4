"""What the columns of a file are, by their headings."""

from __future__ import annotations

import functools
import re
from pathlib import Path

from targeted_lists.common.project import read_yaml
from targeted_lists.inputs.connectors import read_connectors

HEADINGS = Path(__file__).with_name("headings.yml")
# A heading is known as it is, without brackets, or without words that say what it is of. An order
# is none of these: what it costs is not what a line does.
LEVELS = 3
PREFIXES = ("product", "item", "lineitem", "line", "customer", "buyer", "client")


@functools.cache
def read_headings() -> dict[str, dict[str, list[str]]]:
    """Return input -> column -> headings that shops use for it, the surest first."""
    return {
        name: {column: [plain(word) for word in words] for column, words in columns.items()}
        for name, columns in read_yaml(HEADINGS).items()
    }


def plain(heading: str) -> str:
    """Return a heading without case, blanks and punctuation.

    >>> plain("Order_ID "), plain("Кол-во")
    ('orderid', 'колво')
    """
    return re.sub(r"[\W_]+", "", heading.lower())


def variants(heading: str) -> list[str]:
    """Return a heading as it may be known: as it is, without brackets, without what it is of.

    >>> variants("Product Qty (pcs)")
    ['productqtypcs', 'productqty', 'qty']
    """
    bare = re.sub(r"[(][^)]*[)]|\[[^]]*\]", "", heading)
    words = re.findall(r"[^\W_]+", bare.lower())
    while len(words) > 1 and words[0] in PREFIXES:
        words = words[1:]
    return [plain(heading), plain(bare), "".join(words)]


@functools.cache
def known_words() -> frozenset[str]:
    """Return every heading that is known."""
    of_platforms = [
        plain(heading)
        for connector in read_connectors().values()
        for headings in connector.columns.values()
        for heading in headings
    ]
    of_inputs = [
        word
        for columns in read_headings().values()
        for words in columns.values()
        for word in words
    ]
    return frozenset([*of_inputs, *of_platforms])


def count_known(row: list[str]) -> int:
    """Return how many cells of a row are known headings."""
    return sum(not known_words().isdisjoint(variants(cell)) for cell in {*row} - {""})


def map_headings(headings: list[str], input_name: str) -> dict[str, str]:
    """Return heading -> column of an input; of several for one column the surest.

    >>> map_headings(["Order No", "SKU", "Qty"], "order_lines")
    {'Order No': 'order_id', 'SKU': 'product_id', 'Qty': 'quantity'}
    """
    found: dict[str, str] = {}
    known = read_headings()[input_name]
    # What is known as it is goes first, whatever else it might be.
    for level in range(LEVELS):
        for column, words in known.items():
            ranked = sorted(
                (words.index(ones[level]), place, heading)
                for place, heading in enumerate(headings)
                if heading not in found
                and len(ones := variants(heading)) > level
                and ones[level] in words
            )
            if ranked and column not in found.values():
                found[ranked[0][2]] = column
    return {heading: found[heading] for heading in headings if heading in found}


def find_input(headings: list[str], contract: dict[str, dict[str, str]]) -> str:
    """Return the input that the headings of a file fit best: the most of its required columns.

    Goods of an order, or with a quantity, are order lines, whatever else the file says of
    customers or products; with a time of a refund they are refunds.
    """
    refunds = set(map_headings(headings, "refunds").values())
    if {"order_id", "refunded_at"} <= refunds and "ordered_at" not in map_headings(
        headings, "order_lines"
    ).values():
        return "refunds"
    sold = set(map_headings(headings, "order_lines").values())
    is_of_goods = bool({"product_id", "product_name"} & sold)
    if is_of_goods and ("quantity" in sold or {"order_id", "ordered_at"} <= sold):
        return "order_lines"

    def fit(name: str) -> tuple[float, int]:
        columns = set(map_headings(headings, name).values())
        required = {column for column, kind in contract[name].items() if kind.endswith("required")}
        return (len(columns & required) / len(required), len(columns))

    return max(read_headings(), key=fit)
