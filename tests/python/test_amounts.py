"""Quantity times price is exact, whatever the sizes: the macro against Python's decimals."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from random import Random

import duckdb
import pytest
from conftest import REPO_ROOT
from jinja2 import Environment

MONEY = Decimal("0.0001")
LARGEST = Decimal(10) ** 14
# Either side of what fits in 64 bits, and halves of the last digit, which round away from zero.
QUANTITIES = ["0", "0.001", "-0.005", "2.500", "99999.999", "100000.000", "-123456789.125"]
PRICES = ["0.0000", "0.0001", "19.9950", "99999.9999", "100000.0000", "-3.3335", "87654321.1234"]
DISCOUNTS = [None, "0.0000", "0.5000", "99999.9999", "100000.0001"]


def expected_amount(quantity: Decimal, price: Decimal, discount: Decimal | None) -> Decimal | None:
    """Return the amount to four decimals, None where it has more than fourteen before them."""
    sign = (quantity > 0) - (quantity < 0)
    taken_off = discount or Decimal(0)
    if price >= 0:
        # A discount takes no more than the value.
        taken_off = min(taken_off, abs(quantity) * price)
    amount = quantity * price - sign * taken_off
    amount = amount.quantize(MONEY, rounding=ROUND_HALF_UP)
    return amount if abs(amount) < LARGEST else None


@pytest.fixture(scope="module")
def amount_of():
    source = (REPO_ROOT / "macros/sql/amount_of.sql").read_text(encoding="utf-8")
    return Environment().from_string(source).module.amount_of


def draw(random: Random, decimals: int, digits: int) -> Decimal:
    """Draw a number of at most so many digits before the point."""
    size = 10 ** random.randint(0, digits)
    return Decimal(random.randint(-size * 10**decimals, size * 10**decimals)).scaleb(-decimals)


def test_amounts_are_exact_to_the_last_digit(amount_of):
    random = Random(42)
    rows = [
        (Decimal(quantity), Decimal(price), discount and Decimal(discount))
        for quantity in QUANTITIES
        for price in PRICES
        for discount in DISCOUNTS
    ]
    rows += [(draw(random, 3, 9), draw(random, 4, 8), abs(draw(random, 4, 6))) for _ in range(500)]
    with duckdb.connect() as connection:
        connection.execute(
            "create table lines (row_number bigint, quantity decimal(18, 3), "
            "price decimal(18, 4), discount decimal(18, 4))"
        )
        connection.executemany(
            "insert into lines values (?, ?, ?, ?)",
            [(number, *row) for number, row in enumerate(rows)],
        )
        with_discount, without = connection.execute(
            f"select list({amount_of('quantity', 'price', 'discount')} order by row_number), "
            f"list({amount_of('quantity', 'price')} order by row_number) from lines"
        ).fetchone()
        unknown = connection.execute(
            f"select {amount_of('quantity', 'price', 'discount')} "
            "from (select null::decimal(18, 3) as quantity, 1.0 as price, 0.0 as discount)"
        ).fetchone()
    assert with_discount == [expected_amount(*row) for row in rows]
    assert without == [expected_amount(quantity, price, None) for quantity, price, _ in rows]
    assert None in with_discount
    assert unknown == (None,)
