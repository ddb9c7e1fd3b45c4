"""Candidates and lists as arrays of codes: the names in alphabetical order, counted from 0."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from python_ml.frames import check_columns, sort_by_key, to_floats

KEY = ["customer_id", "list_name", "variant", "channel"]
UNIT = 10_000
"""Money is counted in whole ten-thousandths: rounding never takes a sum over its budget."""
NO_LIMIT = np.iinfo(np.int64).max // 4


@dataclass(frozen=True)
class Limits:
    """What the lists may take.

    Attributes
    ----------
    names : (lists,), in alphabetical order; the other arrays follow it.
    capacity : places. budget, total_budget : in UNIT. All NO_LIMIT where there is none.
    is_open : whether the customers may be on other open lists as well.
    contacted_share : of the customers taken, as drawn, in (0, 1].
    """

    names: np.ndarray
    capacity: np.ndarray
    budget: np.ndarray
    is_open: np.ndarray
    contacted_share: np.ndarray
    total_budget: int


@dataclass(frozen=True)
class Candidates:
    """The candidates' rows in the order of KEY.

    Attributes
    ----------
    rows : (n,), where each was in the data frame given.
    customer, of_list : (n,), codes. in_channel : (n,), code of customer and channel together.
    address : (n,), code; a row without an address that others share has its customer's own.
    value : (n,), expected, minus infinity where it is not known.
    cost : (n,), if contacted, in UNIT. is_uncontacted : (n,).
    messages, messages_in_channel : left, by code of `customer` and of `in_channel`.
    """

    rows: np.ndarray
    customer: np.ndarray
    of_list: np.ndarray
    in_channel: np.ndarray
    address: np.ndarray
    value: np.ndarray
    cost: np.ndarray
    is_uncontacted: np.ndarray
    messages: np.ndarray
    messages_in_channel: np.ndarray


def read_limits(lists: pd.DataFrame, *, total_budget: float | None) -> Limits:
    """Read the lists and the budget over all of them; see `allocate`."""
    check_columns(
        lists, columns=["list_name", "capacity", "budget", "allows_other_lists"], name="lists"
    )
    lists = sort_by_key(lists, key="list_name", name="lists")
    if "uncontacted_share" not in lists:
        lists = lists.assign(uncontacted_share=0.0)
    numbers = to_floats(lists, columns=["capacity", "budget", "uncontacted_share"])
    numbers["uncontacted_share"] = numbers["uncontacted_share"].fillna(0.0)
    total = np.array([np.nan if total_budget is None else total_budget], dtype=float)
    if (numbers < 0).any(axis=None) or total[0] < 0:
        raise ValueError("capacity, budget, uncontacted_share and total_budget must not be < 0")
    if (numbers["uncontacted_share"] >= 1).any():
        raise ValueError("uncontacted_share must be below 1")
    return Limits(
        names=lists["list_name"].to_numpy(),
        capacity=_to_limits(numbers["capacity"].to_numpy()),
        budget=_to_limits(numbers["budget"].to_numpy() * UNIT),
        is_open=lists["allows_other_lists"].to_numpy(dtype=bool),
        contacted_share=1 - numbers["uncontacted_share"].to_numpy(),
        total_budget=int(_to_limits(total * UNIT)[0]),
    )


def read_candidates(candidates: pd.DataFrame, *, limits: Limits) -> Candidates:
    """Read the candidates; see `allocate`."""
    numbers = ["expected_value", "planned_cost", "messages_left", "messages_left_in_channel"]
    columns = [*KEY, *numbers, "address_key", "is_uncontacted"]
    check_columns(candidates, columns=columns, name="candidates")
    numeric = to_floats(candidates, columns=numbers)
    known = candidates[[*KEY, "is_uncontacted"]].assign(planned_cost=numeric["planned_cost"])
    for column in known:
        if known[column].isna().any():
            raise ValueError(f"candidates has {known[column].isna().sum()} rows without {column}")
    if (numeric["planned_cost"] < 0).any():
        raise ValueError(f"planned_cost {numeric['planned_cost'].min()} is below 0")
    of_list = pd.Index(limits.names).get_indexer(candidates["list_name"])
    if (of_list < 0).any():
        raise ValueError(f"lists lacks {candidates['list_name'][of_list < 0].min()}")

    customer, customers = pd.factorize(candidates["customer_id"], sort=True)
    variant, variants = pd.factorize(candidates["variant"], sort=True)
    channel, channels = pd.factorize(candidates["channel"], sort=True)
    key = (customer * len(limits.names) + of_list) * len(variants) + variant
    key = key * len(channels) + channel
    rows = np.argsort(key, kind="stable")
    if (np.diff(key[rows]) == 0).any():
        twice = rows[1:][np.diff(key[rows]) == 0][0]
        names = ", ".join(str(name) for name in candidates[KEY].iloc[twice])
        raise ValueError(f"candidates has the row {names} more than once")

    address, addresses = pd.factorize(candidates["address_key"], sort=True)
    in_channel = customer * len(channels) + channel
    numeric = numeric.iloc[rows]
    customer, in_channel, address = customer[rows], in_channel[rows], address[rows]
    return Candidates(
        rows=rows,
        customer=customer,
        of_list=of_list[rows],
        in_channel=in_channel,
        address=np.where(address < 0, len(addresses) + customer, address),
        value=numeric["expected_value"].fillna(-np.inf).to_numpy(),
        cost=np.ceil((numeric["planned_cost"].to_numpy() * UNIT).round(2)).astype(np.int64),
        is_uncontacted=candidates["is_uncontacted"].to_numpy(dtype=bool)[rows],
        messages=_least(numeric["messages_left"], by=customer, codes=len(customers)),
        messages_in_channel=_least(
            numeric["messages_left_in_channel"],
            by=in_channel,
            codes=len(customers) * len(channels),
        ),
    )


def _to_limits(values: np.ndarray) -> np.ndarray:
    """Return whole numbers, NO_LIMIT for what is missing."""
    whole = np.floor(values.round(2))
    return np.where(np.isnan(whole), NO_LIMIT, np.nan_to_num(whole)).astype(np.int64)


def _least(values: pd.Series, *, by: np.ndarray, codes: int) -> np.ndarray:
    """Return the smallest value of each code, as a limit."""
    least = np.full(codes, np.inf)
    np.minimum.at(least, by, values.fillna(np.inf).to_numpy())
    return _to_limits(np.where(np.isinf(least), np.nan, least))
