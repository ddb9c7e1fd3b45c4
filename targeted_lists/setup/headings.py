"""What the columns of a file are, by their headings."""

from __future__ import annotations

import functools
import re
from pathlib import Path

from targeted_lists.common.project import read_contract, read_yaml
from targeted_lists.inputs.connectors import read_connectors
from targeted_lists.inputs.dataset_folder import find_safety_input
from targeted_lists.inputs.layouts import is_required

HEADINGS = Path(__file__).with_name("headings.yml")
# A heading is known as it is, without brackets, or without words that say what it is of. An order
# is none of these: what it costs is not what a line does.
LEVELS = 3
# As mail tools call those who left.
LEFT = re.compile("unsub|optout|отпис")
SAID_OF_LEAVING = ("event_at", "reason")
CONTACT = ("customer_id", "email", "phone", "first_name")
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


@functools.cache
def own_names(input_name: str) -> dict[str, list[str]]:
    """Return the columns of an input by their own names, where shops have no others for them."""
    return {column: [plain(column)] for column in read_contract()[input_name]}


def map_headings(headings: list[str], input_name: str) -> dict[str, str]:
    """Return heading -> column of an input; of several for one column the surest.

    >>> map_headings(["Order No", "SKU", "Qty"], "order_lines")
    {'Order No': 'order_id', 'SKU': 'product_id', 'Qty': 'quantity'}
    """
    found: dict[str, str] = {}
    known = read_headings().get(input_name) or own_names(input_name)
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


def find_input(headings: list[str], contract: dict[str, dict[str, str]], name: str) -> str:
    """Return the input that a file is of: by its name, else by the most of the required columns.

    Goods of an order, or with a quantity, are order lines, whatever else the file says of
    customers or products; with a time of a refund they are refunds.
    """
    if (named := find_named_input(headings, contract, name)) is not None:
        return named
    refunds = set(map_headings(headings, "refunds").values())
    if {"order_id", "refunded_at"} <= refunds and "ordered_at" not in map_headings(
        headings, "order_lines"
    ).values():
        return "refunds"
    sold = set(map_headings(headings, "order_lines").values())
    is_of_goods = bool({"product_id", "product_name"} & sold)
    if is_of_goods and ("quantity" in sold or {"order_id", "ordered_at"} <= sold):
        return "order_lines"
    if is_of_unsubscribed(headings, name):
        return "suppressions"

    def fit(input_name: str) -> tuple[float, int]:
        columns = set(map_headings(headings, input_name).values())
        required = find_required(contract, input_name)
        return (len(columns & required) / len(required), len(columns))

    # An erasure is read from no file that does not say so.
    return max((one for one in read_headings() if one != "erasures"), key=fit)


def is_of_unsubscribed(headings: list[str], name: str) -> bool:
    """Whether a file, by its name or by the time or reason it gives, is of those who left.

    What says more of a customer than how to reach them is no such file, though it may say that
    some have left.

    >>> is_of_unsubscribed(["Email Address", "UNSUB_TIME"], "members.csv")
    True
    >>> is_of_unsubscribed(["Email", "Gender", "City", "Unsubscribed at"], "members.csv")
    False
    """
    mapped = map_headings(headings, "suppressions")
    if {"customer_id", "email", "phone"}.isdisjoint(mapped.values()):
        return False
    said = [name.lower(), *(one for one, column in mapped.items() if column in SAID_OF_LEAVING)]
    more = {*map_headings(headings, "customers").values()} - {*CONTACT}
    return not more and any(LEFT.search(plain(one)) for one in said)


def find_named_input(
    headings: list[str], contract: dict[str, dict[str, str]], name: str
) -> str | None:
    """Return the input that a file is named after, where it has what the input needs.

    What resembles consents, suppressions or erasures is one of them, however it is written and
    whatever it lacks: who is named there is to be spared.
    """
    if (safety := find_safety_input(name)) is not None:
        return safety
    stem = name.lower().partition(".")[0]
    named = next((one for one in contract if stem == one or stem.startswith(f"{one}_")), None)
    if named is None:
        return None
    columns = set(map_headings(headings, named).values())
    return named if find_required(contract, named) <= columns else None


def find_required(contract: dict[str, dict[str, str]], input_name: str) -> set[str]:
    """Return the required columns of an input."""
    return {
        column
        for column, kind in contract[input_name].items()
        if is_required(input_name, column, kind)
    }
