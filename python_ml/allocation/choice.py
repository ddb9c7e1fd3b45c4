"""Who is taken: the order in which the rows are considered, and a greedy pass along it."""

import numpy as np

from python_ml.allocation.preparation import Candidates, Limits
from python_ml.allocation.prices import solve_relaxation

PRICED_CUSTOMERS = 10_000
"""Customers whose linear program sets the prices; all of them where there are no more."""
TRIES = 100
"""Orders that are tried where all customers are in the linear program."""
ENOUGH = 0.995
"""Of what the linear program brings, which nothing can exceed: no further order is tried."""
NOISE = 0.15
"""Standard deviation by which a further order takes each row's price wrong, as a share of it."""


def plan_order(
    candidates: Candidates, limits: Limits, *, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the order in which the rows are considered, and what each is worth.

    The linear program takes a few rows in part. Among many customers they weigh nothing. Where
    all are in the program, other orders are tried, every second from what it takes as a whole,
    with prices that are a little wrong, and the first that brings most is used.

    Parameters
    ----------
    seed : of the customers who are in the linear program, and of the orders that are tried.

    Returns
    -------
    order : row numbers of all whose value is above 0. worth : (n,), as `solve_relaxation` says.
    """
    generator = np.random.default_rng(seed)
    n_customers = len(candidates.messages)
    is_priced = np.zeros(n_customers, dtype=bool)
    is_priced[generator.permutation(n_customers)[:PRICED_CUSTOMERS]] = True
    worth, solved = solve_relaxation(candidates, limits, is_priced=is_priced)
    if not is_priced.all():
        return _order_rows(candidates, worth=worth), worth

    expected = candidates.cost * limits.contacted_share[candidates.of_list]
    expected = np.ceil(expected.round(2)).astype(np.int64)
    is_worth = candidates.value > 0
    value = np.where(is_worth, candidates.value, 0.0)
    price = np.where(is_worth, value - worth, 0.0)
    bound = value @ solved
    best, most, tried = None, -1.0, worth
    for one in range(TRIES):
        first = solved if one % 2 else None
        order = _order_rows(candidates, worth=tried, first=first)
        is_taken = fill(candidates, limits, order=order, cost=expected, paid=expected)
        if value[is_taken].sum() > most:
            best, most = order, value[is_taken].sum()
        if most >= ENOUGH * bound:
            break
        tried = worth + price * generator.normal(0, NOISE, len(price))
    return best, worth


def _order_rows(
    candidates: Candidates, *, worth: np.ndarray, first: np.ndarray | None = None
) -> np.ndarray:
    """Return the rows by `first` where it is given, and by worth; equal ones in key order."""
    order = np.lexsort([-worth] if first is None else [-worth, -first])
    return order[candidates.value[order] > 0]


def fill(
    candidates: Candidates,
    limits: Limits,
    *,
    order: np.ndarray,
    cost: np.ndarray,
    paid: np.ndarray,
) -> np.ndarray:
    """Take each row for which there is place, money and permission when its turn comes.

    Parameters
    ----------
    order : row numbers. cost : (n,), that must fit. paid : (n,), by which the budgets shrink.

    Returns
    -------
    numpy.ndarray : (n,), whether each row is taken.
    """
    n_lists = len(limits.names)
    is_open = limits.is_open.tolist()
    places, money, total = limits.capacity.tolist(), limits.budget.tolist(), limits.total_budget
    # Views, since single items of arrays are slow to read.
    is_taken = np.zeros(len(cost), dtype=bool)
    messages = memoryview(candidates.messages.copy())
    messages_in_channel = memoryview(candidates.messages_in_channel.copy())
    written_to = memoryview(np.full(candidates.address.max(initial=-1) + 1, -1))
    on_list = bytearray(len(messages) * n_lists)
    on_any, on_exclusive = bytearray(len(messages)), bytearray(len(messages))
    columns = [
        candidates.customer,
        candidates.of_list,
        candidates.in_channel,
        candidates.address,
        cost,
        paid,
    ]
    views = [memoryview(column[order]) for column in columns]
    for row, customer, one, channel, address, price, due in zip(
        memoryview(order), *views, strict=True
    ):
        if (
            on_exclusive[customer]
            or on_list[customer * n_lists + one]
            or price > total
            or price > money[one]
            or places[one] < 1
            or (on_any[customer] and not is_open[one])
            or messages[customer] < 1
            or messages_in_channel[channel] < 1
            or written_to[address] not in (-1, customer)
        ):
            continue
        is_taken[row] = True
        places[one] -= 1
        money[one] -= due
        total -= due
        messages[customer] -= 1
        messages_in_channel[channel] -= 1
        written_to[address] = customer
        on_list[customer * n_lists + one] = on_any[customer] = 1
        on_exclusive[customer] = not is_open[one]
    return is_taken
