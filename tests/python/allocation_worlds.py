"""Made-up campaigns for the allocation, the optimum of each, and what priorities make of it."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import optimize, sparse

CHANNELS = np.array(["email", "sms"])
VARIANTS = np.array(["", "voucher", "large voucher"])
CHANNEL_COSTS = np.array([0.05, 0.6])
DEEP = np.array([0.0, 0.5, 1.5])


def make_world(
    seed: int,
    *,
    customers: int,
    lists: int | None = None,
    variants: int | None = None,
    channels: int | None = None,
    uncontacted: float = 0.0,
) -> tuple[pd.DataFrame, pd.DataFrame, float | None]:
    """Return candidates, lists and the total budget, some limits of which bind.

    A deeper offer brings more and costs more, customers differ in what they are worth, some share
    an address, some candidates bring nothing, and some offers are free.
    """
    generator = np.random.default_rng(seed)
    lists = lists or int(generator.integers(2, 7))
    variants = variants or int(generator.integers(1, 4))
    channels = channels or int(generator.integers(1, 3))
    sizes = (customers, lists, variants, channels)
    is_candidate = np.broadcast_to(
        generator.random((customers, lists, 1, 1)) < generator.uniform(0.3, 0.9), sizes
    ) & (generator.random(sizes) < 0.9)
    customer, of_list, variant, channel = np.nonzero(is_candidate)
    n = len(customer)
    worth = generator.lognormal(1, generator.uniform(0.3, 1.0), (customers, lists))
    worth = (worth * generator.lognormal(0, 0.5, lists))[customer, of_list]
    deep = (DEEP * generator.uniform(0.5, 1.5))[variant]
    value = worth * (1 + 0.5 * variant * generator.random(n)) - deep - generator.uniform(0, 3)
    value *= 1 + 0.3 * channel * generator.random(n)
    cost = CHANNEL_COSTS[channel] + deep * (worth / worth.mean()) * generator.random(n)
    cost *= generator.random() > 0.05
    mates = np.where(
        generator.random(customers) < generator.choice([0.0, 0.15]),
        generator.integers(0, max(customers // 4, 1), customers),
        -1,
    )[customer]
    address = CHANNELS[channel].astype(object) + np.char.mod(" %d", mates)
    address[mates < 0] = None
    candidates = pd.DataFrame(
        {
            "customer_id": np.char.mod("c%06d", np.arange(customers))[customer],
            "list_name": np.char.mod("list %d", np.arange(lists))[of_list],
            "variant": VARIANTS[variant],
            "channel": CHANNELS[channel],
            "expected_value": value.round(4),
            "planned_cost": cost.round(4),
            "address_key": address,
            "messages_left": generator.integers(1, 4, customers)[customer],
            "messages_left_in_channel": generator.integers(1, 3, (customers, 2))[
                customer, channel
            ],
            "is_uncontacted": (generator.random((customers, lists)) < uncontacted)[
                customer, of_list
            ],
        }
    )
    typical = customers * cost.mean()
    limits = pd.DataFrame(
        {
            "list_name": np.char.mod("list %d", np.arange(lists)),
            "capacity": np.ceil(generator.uniform(0.02, 0.5, lists) * customers),
            "budget": (generator.uniform(0.02, 0.4, lists) * typical).round(2),
            "allows_other_lists": generator.random(lists) < generator.choice([0.0, 0.4]),
        }
    )
    limits["capacity"] = limits["capacity"].where(generator.random(lists) < 0.7)
    limits["budget"] = limits["budget"].where(generator.random(lists) < 0.4)
    total = round(generator.uniform(0.05, 0.6) * typical, 2)
    return candidates, limits, total if generator.random() < 0.85 else None


def solve_exactly(
    candidates: pd.DataFrame, lists: pd.DataFrame, total: float | None, *, gap: float = 1e-3
) -> float:
    """Return the most value that any allocation has, by HiGHS up to the gap: its upper bound."""
    rows = candidates[candidates["expected_value"] > 0].reset_index(drop=True)
    if rows.empty:
        return 0.0
    lists = lists.set_index("list_name")
    is_open = rows["list_name"].map(lists["allows_other_lists"]).to_numpy(dtype=bool)
    own = rows["customer_id"] + " at " + rows["channel"]
    address = rows["address_key"].fillna(own)
    # Next to the rows: whether an address is a customer's.
    held, holds = np.unique((rows["customer_id"] + " @ " + address).astype(str), return_index=True)
    of_row = np.searchsorted(held, (rows["customer_id"] + " @ " + address).astype(str))
    n, width = len(rows), len(rows) + len(held)
    parts, most = [], []

    def limit(by: pd.Series, limits: object, weights: object = 1.0) -> None:
        code, names = pd.factorize(by)
        where = np.flatnonzero(code >= 0)
        weights = np.broadcast_to(weights, n)[where]
        parts.append(sparse.csr_array((weights, (code[where], where)), shape=(len(names), width)))
        most.append(np.broadcast_to(limits, n)[pd.Series(where).groupby(code[where]).first()])

    cost = rows["planned_cost"].to_numpy()
    of_list = rows["list_name"]
    limit(of_list, of_list.map(lists["capacity"]).fillna(np.inf).to_numpy())
    limit(of_list, of_list.map(lists["budget"]).fillna(np.inf).to_numpy(), cost)
    limit(pd.Series(0, index=rows.index), np.inf if total is None else total, cost)
    limit(rows["customer_id"], rows["messages_left"].to_numpy())
    limit(rows["customer_id"] + rows["channel"], rows["messages_left_in_channel"].to_numpy())
    for name in lists.index[lists["allows_other_lists"]].tolist() or [None]:
        limit(rows["customer_id"].where(~is_open | (of_list == name)), 1)
    every = np.arange(n)
    parts.append(
        sparse.csr_array(
            (np.r_[np.ones(n), -np.ones(n)], (np.r_[every, every], np.r_[every, n + of_row])),
            shape=(n, width),
        )
    )
    most.append(np.zeros(n))
    code, names = pd.factorize(address.iloc[holds])
    holder = (np.ones(len(held)), (code, n + np.arange(len(held))))
    parts.append(sparse.csr_array(holder, shape=(len(names), width)))
    most.append(np.ones(len(names)))
    found = optimize.milp(
        -np.r_[rows["expected_value"], np.zeros(len(held))],
        constraints=optimize.LinearConstraint(
            sparse.vstack(parts).tocsr(), -np.inf, np.concatenate(most)
        ),
        integrality=np.ones(width),
        bounds=optimize.Bounds(0, 1),
        options={"mip_rel_gap": gap},
    )
    return -found.mip_dual_bound


def fill_by_priority(
    candidates: pd.DataFrame, lists: pd.DataFrame, total: float | None
) -> pd.DataFrame:
    """Return the rows that are taken list by list in the order of `lists`, by expected value."""
    rows = candidates[candidates["expected_value"] > 0].sort_values(
        ["expected_value", "customer_id", "variant", "channel"],
        ascending=[False, True, True, True],
    )
    left = np.inf if total is None else total
    taken, messages, in_channel, owner, on = [], {}, {}, {}, {}
    for one in lists.itertuples():
        places = np.inf if pd.isna(one.capacity) else one.capacity
        money = min(left, np.inf if pd.isna(one.budget) else one.budget)
        for row in rows[rows["list_name"] == one.list_name].itertuples():
            customer, channel = row.customer_id, (row.customer_id, row.channel)
            address = channel if row.address_key is None else row.address_key
            others = on.get(customer, [])
            if (
                places < 1
                or row.planned_cost > money
                or one.list_name in others
                or (others and not one.allows_other_lists)
                or any(not lists.set_index("list_name").allows_other_lists[o] for o in others)
                or messages.get(customer, 0) >= row.messages_left
                or in_channel.get(channel, 0) >= row.messages_left_in_channel
                or owner.get(address, customer) != customer
            ):
                continue
            taken.append(row.Index)
            places -= 1
            money, left = money - row.planned_cost, left - row.planned_cost
            messages[customer] = messages.get(customer, 0) + 1
            in_channel[channel] = in_channel.get(channel, 0) + 1
            owner[address] = customer
            on[customer] = [*others, one.list_name]
    return candidates.loc[taken]
