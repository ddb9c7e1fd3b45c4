"""Each candidate's decision: the rows of an allocation."""

import numpy as np
import pandas as pd

from python_ml.allocation.choice import fill, plan_order
from python_ml.allocation.preparation import (
    KEY,
    UNIT,
    Candidates,
    Limits,
    read_candidates,
    read_limits,
)
from python_ml.frames import key_type, to_typed

ALLOCATION_TYPES = {
    "list_name": "str",
    "variant": "str",
    "channel": "str",
    "first_exclusion": "str",
    "taken_by": "str",
    "rank": "Int64",
    "running_cost": "float64",
    "is_taken": "bool",
    "is_best_offer": "bool",
}
"""Columns of `allocate` after `customer_id`, and their types."""

EXCLUSIONS = (
    "other offer",
    "contact pressure",
    "exclusivity",
    "minimum expected value",
    "same address",
    "capacity",
    "budget",
    "total budget",
)
_IN, _RANKED_FROM = -1, EXCLUSIONS.index("capacity")


def allocate(
    candidates: pd.DataFrame,
    *,
    lists: pd.DataFrame,
    total_budget: float | None = None,
    seed: int = 42,
) -> pd.DataFrame:
    """Give each customer the list, offer and channel that bring most in all.

    A linear program prices places and money. Rows are considered in the order of what they bring
    beyond these prices: under one budget alone a customer's first is the row that the greedy rule
    of value per cost reaches by its upgrades along the efficient frontier (Sinha and Zoltners). A
    row is taken where there is place, money and permission for it, until nothing more fits.

    Who is uncontacted takes a place, costs nothing and gets no message, and must not differ from
    the contacted in anything else. So everybody is ordered, compared with the budgets and counted
    against contact caps and addresses as if contacted; only then a row that is taken shrinks the
    budgets, by nothing if it is uncontacted. A row's own `is_uncontacted` is read after the row
    is taken, and that of others says only how much money is left: for each list, taken rows have
    the share of uncontacted that was drawn, on average and whatever the budget.

    Parameters
    ----------
    candidates : one row per customer_id, list_name, variant and channel that passed the
        screening, with `expected_value`; `planned_cost`, if contacted; `address_key`, missing
        where there is none; `messages_left` and `messages_left_in_channel`, how many more the
        customer may get, missing for any number; `is_uncontacted`, in holdout or control.
        Values and costs are money of one currency, with up to four decimals.
    lists : one row per list_name, with `capacity` and `budget`, missing where there is none, and
        `allows_other_lists`: a customer may be on several lists that all do. Where it has
        `uncontacted_share`, in [0, 1), the plan counts on paying for the others only.
    total_budget : for all lists together, None for no limit.
    seed : of the customers who set the prices where there are more than PRICED_CUSTOMERS, and
        of the orders that are tried where there are not.

    Returns
    -------
    pandas.DataFrame : one row per candidate row, ordered by key, with the columns of
        ALLOCATION_TYPES. `first_exclusion`, missing where the row is taken, is one of EXCLUSIONS;
        `other offer` is another row of the same list, `budget` the list's own. `taken_by` is the
        list that has the customer or the address. `is_best_offer` is one row per customer and
        list, the one taken or else the first considered; these have a `rank` in their list, those
        taken first, each by value, and the `running_cost` up to it, unless the customer is
        excluded for other reasons than capacity and budgets. An address gets messages for one
        customer only.

    Raises
    ------
    ValueError : a column is missing or not numeric, a key is missing or occurs twice, a list is
        not among `lists`, or a cost or limit is below 0.

    References
    ----------
    Sinha and Zoltners (1979), The multiple-choice knapsack problem, Operations Research 27.
    Kellerer, Pferschy and Pisinger (2004), Knapsack problems, chapter 11.

    Examples
    --------
    >>> candidates = pd.DataFrame(
    ...     {
    ...         "customer_id": ["a", "a", "b", "c"],
    ...         "list_name": ["Thanks", "Win back", "Win back", "Win back"],
    ...         "variant": "",
    ...         "channel": "email",
    ...         "expected_value": [5.0, 6.0, 4.0, 3.0],
    ...         "planned_cost": [1.0, 2.0, 2.0, 2.0],
    ...         "address_key": None,
    ...         "messages_left": 1,
    ...         "messages_left_in_channel": 1,
    ...         "is_uncontacted": False,
    ...     }
    ... )
    >>> lists = pd.DataFrame({"list_name": ["Thanks", "Win back"], "capacity": 9, "budget": None})
    >>> lists["allows_other_lists"] = False
    >>> allocated = allocate(candidates, lists=lists, total_budget=3)
    >>> allocated[["customer_id", "list_name", "first_exclusion", "taken_by"]]
      customer_id list_name   first_exclusion taken_by
    0           a    Thanks               NaN      NaN
    1           a  Win back  contact pressure   Thanks
    2           b  Win back               NaN      NaN
    3           c  Win back      total budget      NaN
    """
    limits = read_limits(lists, total_budget=total_budget)
    read = read_candidates(candidates, limits=limits)
    order, worth = plan_order(read, limits, seed=seed)
    paid = np.where(read.is_uncontacted, 0, read.cost)
    is_taken = fill(read, limits, order=order, cost=read.cost, paid=paid)
    exclusion, taken_by = _explain(read, limits, is_taken=is_taken, paid=paid, worth=worth)
    is_best = _find_best_offers(read, is_taken=is_taken, worth=worth)
    is_ranked = is_best & ((exclusion == _IN) | (exclusion >= _RANKED_FROM))
    rank, running_cost = _rank(read, rows=np.flatnonzero(is_ranked), is_taken=is_taken, paid=paid)
    rows = candidates[KEY].iloc[read.rows].reset_index(drop=True)
    rows["first_exclusion"] = _name(exclusion, EXCLUSIONS)
    rows["taken_by"] = _name(taken_by, limits.names)
    rows["rank"] = pd.array(rank, dtype="Int64")
    rows.loc[rank == 0, "rank"] = pd.NA
    rows["running_cost"] = running_cost / UNIT
    rows["is_taken"], rows["is_best_offer"] = is_taken, is_best
    types = {"customer_id": key_type(candidates, key="customer_id")} | ALLOCATION_TYPES
    return to_typed(rows, types=types)


def _explain(
    candidates: Candidates,
    limits: Limits,
    *,
    is_taken: np.ndarray,
    paid: np.ndarray,
    worth: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the code of each row's first exclusion and of the list that is behind it, or -1.

    A limit that kept a row out when its turn came is still reached in the end, and so the end
    tells why.
    """
    n_lists, n_customers = len(limits.names), len(candidates.messages)
    taken = np.flatnonzero(is_taken)
    taken = taken[np.argsort(worth[taken], kind="stable")]
    customer, of_list = candidates.customer, candidates.of_list
    is_on_list = np.zeros((n_customers, n_lists), dtype=bool)
    is_on_list[customer[taken], of_list[taken]] = True
    # The last that is written is of the highest worth.
    list_of = np.full(n_customers, -1)
    list_of[customer[taken]] = of_list[taken]
    n_addresses = candidates.address.max(initial=-1) + 1
    customer_at, list_at = np.full(n_addresses, -1), np.full(n_addresses, -1)
    customer_at[candidates.address[taken]] = customer[taken]
    list_at[candidates.address[taken]] = of_list[taken]

    messages = np.bincount(customer[taken], minlength=n_customers)
    in_channel = candidates.in_channel
    messages_in_channel = np.bincount(
        in_channel[taken], minlength=len(candidates.messages_in_channel)
    )
    is_pressed = (messages >= candidates.messages)[customer] | (
        messages_in_channel >= candidates.messages_in_channel
    )[in_channel]
    places = np.bincount(of_list[taken], minlength=n_lists)
    spent = np.bincount(of_list[taken], weights=paid[taken], minlength=n_lists)
    is_alone = ~limits.is_open
    is_by_one = is_alone[of_list] | is_alone[list_of[customer]]
    owner = customer_at[candidates.address]
    causes = [
        is_taken,
        is_on_list[customer, of_list],
        is_pressed,
        (list_of[customer] >= 0) & is_by_one,
        ~(candidates.value > 0),
        (owner >= 0) & (owner != customer),
        (places >= limits.capacity)[of_list],
        spent[of_list] + candidates.cost > limits.budget[of_list],
    ]
    exclusion = np.select(causes, range(-1, len(causes) - 1), default=len(causes) - 1)
    taken_by = np.select(
        [exclusion == 0, exclusion < 3, exclusion == 4],
        [of_list, list_of[customer], list_at[candidates.address]],
        default=-1,
    )
    return exclusion, np.where(is_taken, -1, taken_by)


def _find_best_offers(
    candidates: Candidates, *, is_taken: np.ndarray, worth: np.ndarray
) -> np.ndarray:
    """Return the row of each customer and list that is taken, or else is worth most."""
    is_best = np.zeros(len(worth), dtype=bool)
    order = np.lexsort([-worth, ~is_taken, candidates.of_list, candidates.customer])
    customer, of_list = candidates.customer[order], candidates.of_list[order]
    is_first = np.r_[True, (np.diff(customer) != 0) | (np.diff(of_list) != 0)][: len(order)]
    is_best[order[is_first]] = True
    return is_best


def _rank(
    candidates: Candidates,
    *,
    rows: np.ndarray,
    is_taken: np.ndarray,
    paid: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the rank of the rows in their list, 0 for others, and the money up to it, in UNIT."""
    rank = np.zeros(len(paid), dtype=np.int64)
    running_cost = np.full(len(paid), np.nan)
    rows = rows[np.lexsort([-candidates.value[rows], ~is_taken[rows], candidates.of_list[rows]])]
    by_list = pd.Series(paid[rows]).groupby(candidates.of_list[rows])
    rank[rows] = by_list.cumcount() + 1
    running_cost[rows] = by_list.cumsum()
    return rank, running_cost


def _name(codes: np.ndarray, names: object) -> pd.Series:
    """Return the name of each code, missing where it is -1."""
    return pd.Series(pd.array([*names, None], dtype="str").take(codes))
