"""What the columns of order lines are, where headings leave it open and values tell."""

from __future__ import annotations

import re
from collections.abc import Iterable

from targeted_lists.setup.sniffing import Written

# Two words or more of letters, such as a name; no key is written so.
NAME = re.compile(r"[^\W\d_][^\W\d_.'-]*[ .]+[^\W\d_][^\d_]*")
LEAST_SHARE = 0.5
CENTS = 0.02

# What is of the line, where it differs within an order.
OF_LINES = {"order_tax": "line_tax", "order_discount": "discount", "order_refund": "line_refund"}

Mapped = dict[str, list[str]]


def decide(mapped: Mapped, written: Written) -> tuple[dict[str, str], list[str]]:
    """Correct what the headings of order lines are read as, by their values.

    Parameters
    ----------
    mapped : heading -> columns, the first of its own; changed in place.

    Returns
    -------
    Settings of dataset.yml, and notes in sentences.
    """
    settings: dict[str, str] = {}
    notes: list[str] = []
    name = str(written.path)
    decide_product(mapped, written, name, notes)
    decide_customer(mapped, written, name, settings, notes)
    decide_amounts(mapped, written)
    decide_total(mapped, written, name, notes)
    return settings, notes


def decide_product(mapped: Mapped, written: Written, name: str, notes: list[str]) -> None:
    """Take the name of a product for its key, where a file has no other."""
    heading, key = heading_of(mapped, "product_name"), heading_of(mapped, "product_id")
    if heading is None:
        return
    if key is None:
        mapped[heading].append("product_id")
        notes.append(
            f"{name} has no key of products: what stands under {heading!r} is taken for it, so "
            "two spellings are two products."
        )
    elif not all(values_of(written, key)):
        mapped[heading].append("product_id")
        notes.append(
            f"Where {key!r} is empty in {name}, what stands under {heading!r} is the key of the "
            "product."
        )


def decide_customer(
    mapped: Mapped, written: Written, name: str, settings: dict[str, str], notes: list[str]
) -> None:
    """Take a contact for the customer's key where there is no other; a name where nothing is."""
    contacts = [
        heading
        for column in ("customer_email", "customer_phone")
        if (heading := heading_of(mapped, column))
    ]
    key = heading_of(mapped, "customer_id")
    is_named = key is not None and are_names(values_of(written, key))
    if key and is_named and contacts:
        if heading_of(mapped, "customer_name"):
            del mapped[key]
        else:
            mapped[key] = ["customer_name"]
    elif key and is_named:
        settings["customer_is"] = "name"
        notes.append(
            f"Customers of {name} are told by a name alone: the key is a hash of it, so two "
            "people of one name are one customer."
        )
    if contacts and (key is None or is_named):
        for heading in contacts:
            mapped[heading].append("customer_id")
        notes.append(
            f"{name} has no key of customers: a hash of {' or else '.join(map(repr, contacts))} "
            "is taken for it."
        )


def decide_amounts(mapped: Mapped, written: Written) -> None:
    """Tell an amount of the line from one of the order: only the order's is on all its lines."""
    order = heading_of(mapped, "order_id")
    for column, of_line in OF_LINES.items():
        heading = heading_of(mapped, column)
        if order is None or heading is None or heading_of(mapped, of_line):
            continue
        found: dict[str, set[str]] = {}
        for key, value in zip(values_of(written, order), values_of(written, heading), strict=True):
            if value:
                found.setdefault(key, set()).add(value)
        if any(len(values) > 1 for values in found.values()):
            mapped[heading] = [of_line]


def decide_total(mapped: Mapped, written: Written, name: str, notes: list[str]) -> None:
    """Tell what a total is of: only a line's is quantity times price, less a discount or not."""
    total, price = heading_of(mapped, "line_total"), heading_of(mapped, "unit_price")
    quantity = heading_of(mapped, "quantity")
    if total is None or price is None or quantity is None:
        return
    discount = heading_of(mapped, "discount")
    off = values_of(written, discount) if discount else ["0"] * len(written.rows)
    cells = zip(*(values_of(written, one) for one in (quantity, price, total)), off, strict=True)
    lines = [
        (units * each, whole, taken or 0)
        for units, each, whole, taken in (map(to_number, row) for row in cells)
        if None not in (units, each, whole)
    ]
    # After a discount it is less, and never more.
    fitting = [
        abs(value - whole) <= CENTS or (discount is not None and 0 < whole < value)
        for value, whole, _ in lines
    ]
    whole_values = [abs(value - whole) <= CENTS for value, whole, taken in lines if taken > CENTS]
    if whole_values and all(whole_values):
        mapped[total] = ["line_gross"]
    elif lines and sum(fitting) < LEAST_SHARE * len(lines):
        if heading_of(mapped, "order_total"):
            del mapped[total]
        else:
            mapped[total] = ["order_total"]
        notes.append(
            f"{total!r} of {name} is not quantity times price: it is taken for the total of the "
            "order."
        )


def heading_of(mapped: Mapped, column: str) -> str | None:
    """Return the heading that a column is read from; None where there is none."""
    return next((heading for heading, columns in mapped.items() if columns[0] == column), None)


def values_of(written: Written, heading: str) -> list[str]:
    """Return the values under a heading, empty ones too."""
    place = written.headings.index(heading)
    return [row[place].strip() for row in written.rows]


def are_names(values: Iterable[str]) -> bool:
    """Whether most values are names of people or firms.

    >>> are_names(["Ann Probe", "Bob van Probe"]), are_names(["C 17", "ann@example.com"])
    (True, False)
    """
    filled = [value for value in values if value]
    named = sum(NAME.fullmatch(value) is not None for value in filled)
    return bool(filled) and named >= LEAST_SHARE * len(filled)


def to_number(text: str) -> float | None:
    """Return a number however its decimals and thousands are marked; None where it is none.

    >>> to_number("1.234,50 EUR"), to_number("-2"), to_number("two")
    (1234.5, -2.0, None)
    """
    found = re.search(r"-?\d[\d.,]*", re.sub(r"[\s'\u2019\u00a0\u2009\u202f]", "", text))
    if found is None:
        return None
    whole, mark, decimals = re.fullmatch(r"(.*?)(?:([.,])(\d*))?", found[0]).groups()
    if mark and len(decimals) == 3 and mark in whole:
        whole, decimals = whole + decimals, ""
    return float(f"{re.sub('[.,]', '', whole)}.{decimals or 0}")
