"""What a place and a unit of money are worth: the shadow prices of the linear program."""

import numpy as np
from scipy import optimize, sparse

from python_ml.allocation.preparation import NO_LIMIT, UNIT, Candidates, Limits


def solve_relaxation(
    candidates: Candidates, limits: Limits, *, is_priced: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Solve the allocation with rows that may be taken in part, for some of the customers.

    Parameters
    ----------
    is_priced : (customers,), who is in the program; they have their share of places and money.

    Returns
    -------
    worth : (n,), what each row brings beyond the prices of its place and its money. At these
        prices the row of highest worth is a customer's best: the one of the efficient frontier
        whose next step up would bring less per cost than others do.
    solved : (n,), how much of each row is taken; 0 where it is not in the program.

    Raises
    ------
    RuntimeError : the solver finds no solution, though to take nobody is one.
    """
    n_lists = len(limits.names)
    cost = candidates.cost / UNIT * limits.contacted_share[candidates.of_list]
    rows = np.flatnonzero(is_priced[candidates.customer] & (candidates.value > 0))
    prices, solved = np.zeros(2 * n_lists + 1), np.zeros(len(cost))
    if len(rows):
        of_list = candidates.of_list[rows]
        shared = [
            _sum_by(of_list, codes=n_lists),
            _sum_by(of_list, codes=n_lists, weights=cost[rows]),
            _sum_by(np.zeros_like(of_list), codes=1, weights=cost[rows]),
        ]
        most = np.r_[limits.capacity, limits.budget / UNIT, limits.total_budget / UNIT]
        is_limited = np.r_[limits.capacity, limits.budget, limits.total_budget] < NO_LIMIT
        own, own_most = _limit_customers(candidates, limits, rows=rows)
        found = optimize.linprog(
            -candidates.value[rows],
            A_ub=sparse.vstack([sparse.vstack(shared).tocsr()[is_limited], own]),
            b_ub=np.r_[most[is_limited] * is_priced.mean(), own_most],
            bounds=(0, 1),
            method="highs",
        )
        if found.x is None:
            raise RuntimeError(f"no prices: {found.message}")
        prices[is_limited] = -found.ineqlin.marginals[: is_limited.sum()]
        solved[rows] = found.x.round(6)
    place, money = prices[:n_lists], prices[n_lists:-1] + prices[-1]
    worth = candidates.value - place[candidates.of_list] - money[candidates.of_list] * cost
    # What differs by less than a rounding of the solver is equal, and goes by customer_id.
    return worth.round(6), solved


def _limit_customers(
    candidates: Candidates, limits: Limits, *, rows: np.ndarray
) -> tuple[sparse.csr_array, np.ndarray]:
    """Return what limits the rows of a customer and of an address, and the limits.

    One row of a list, and of a list that allows no others no row of any other; the messages left.
    """
    customer, of_list = candidates.customer[rows], candidates.of_list[rows]
    address, in_channel = candidates.address[rows], candidates.in_channel[rows]
    of_address = np.unique(np.stack([address, customer]), axis=1)[0]
    is_shared = np.bincount(of_address)[address] > 1
    is_alone = ~limits.is_open[of_list]
    open_lists = np.flatnonzero(limits.is_open)
    everywhere = np.ones(len(rows), dtype=bool)
    limited = [
        (everywhere, customer, candidates.messages),
        (everywhere, in_channel, candidates.messages_in_channel),
    ]
    one = np.ones(max(len(candidates.messages), address.max() + 1))
    for one_list in open_lists if len(open_lists) else [-1]:
        is_either = is_alone | (of_list == one_list)
        limited += [(is_either, customer, one), (is_either & is_shared, address, one)]
    parts, most = [], []
    for is_in, by, limit in limited:
        codes, code = np.unique(by[is_in], return_inverse=True)
        ones = (np.ones(len(code)), (code, np.flatnonzero(is_in)))
        parts.append(sparse.csr_array(ones, shape=(len(codes), len(rows))))
        most.append(limit[codes])
    return sparse.vstack(parts), np.concatenate(most)


def _sum_by(by: np.ndarray, *, codes: int, weights: np.ndarray | None = None) -> sparse.csr_array:
    """Return the matrix that sums the rows of each code."""
    weights = np.ones(len(by)) if weights is None else weights
    return sparse.csr_array((weights, (by, np.arange(len(by)))), shape=(codes, len(by)))
