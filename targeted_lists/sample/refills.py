"""Customers who buy some products again and again, each after an interval of their own.

Nothing is drawn again for them: orders of one line each are added behind the others. Without
these orders, the files are those of the sample without refills.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from targeted_lists.sample.contact_writings import TIME
from targeted_lists.sample.people import DAYS, END, START

_CATEGORIES = ("Groceries", "Beverages", "Household", "Personal Care", "Baby & Kids", "Pets")
_PRODUCTS = 20
_SHORTEST, _LONGEST = 14, 70
_BETWEEN_CUSTOMERS = 0.4
_BETWEEN_PURCHASES = 0.2
_WITH_TWO = 0.5
_STOPS = 0.15
_OF_CUSTOMER = ("channel", "delivery_method", "payment_method", "country", "region", "city")


def plant_refills(
    rng: np.random.Generator,
    *,
    share: float,
    order_lines: pd.DataFrame,
    truth: dict[str, pd.DataFrame],
) -> tuple[pd.DataFrame, dict[str, pd.DataFrame]]:
    """Let a share of the customers use up one product or two, and buy each again in time.

    Each of twenty products of daily use lasts 14 to 70 days. A customer has an interval of the
    own around that of the product (log-normal, 0.4), and every purchase comes a little earlier or
    later (0.2). Half of the customers have two such products; of the pairs, 15 % stop at some day
    and are not bought again. Prices are those of the product, place and channel those of the
    customer.

    Parameters
    ----------
    share : of the customers with an undamaged sale, in (0, 1].
    order_lines : frame of texts, as in the file.
    truth : as `Sample` has it.

    Returns
    -------
    order_lines : with the added lines behind the others.
    truth : with `refills`, a row per customer and product: the product's and the customer's
        interval in days, and the day it stops, empty where it does not. All other truth speaks of
        the orders without these.

    Raises
    ------
    ValueError : a share that is no customer, or more than all.
    """
    damaged = set(truth["line_truth"]["source_row"].astype(int))
    sound = order_lines[[row not in damaged for row in range(1, len(order_lines) + 1)]]
    people = sound.drop_duplicates("customer_id").set_index("customer_id")[list(_OF_CUSTOMER)]
    count = round(share * len(people))
    if not 0 < count <= len(people):
        raise ValueError(f"refills is {share}, which is {count} of {len(people)} customers")
    daily = sound[sound["category_1"].isin(_CATEGORIES)].drop_duplicates("product_id")
    goods = daily.sort_values("product_id").set_index("product_id")
    products = sorted(rng.choice(goods.index, size=_PRODUCTS, replace=False))
    lasts = np.exp(rng.uniform(np.log(_SHORTEST), np.log(_LONGEST), _PRODUCTS))
    customers = sorted(rng.choice(sorted(people.index), size=count, replace=False))
    pairs, purchases = [], []
    for customer in customers:
        for at in rng.choice(_PRODUCTS, size=1 + (rng.random() < _WITH_TWO), replace=False):
            own = lasts[at] * np.exp(_BETWEEN_CUSTOMERS * rng.standard_normal())
            stop = rng.uniform(0.3, 0.9) * DAYS if rng.random() < _STOPS else None
            days = _draw_days(rng, interval=own, until=DAYS if stop is None else stop)
            purchases += [(customer, products[at], day) for day in days]
            stopped_at = "" if stop is None else str(START + np.timedelta64(int(stop), "D"))
            pairs.append((customer, products[at], lasts[at].round(2), own.round(2), stopped_at))
    columns = ["customer_id", "product_id", "product_interval_days", "interval_days"]
    refills = pd.DataFrame(pairs, columns=[*columns, "stopped_on"])
    added = _write_lines(
        purchases, goods=goods, people=people, last=int(order_lines["order_id"].max()[1:])
    )
    lines = pd.concat([order_lines, added[order_lines.columns]], ignore_index=True)
    return lines, truth | {"refills": refills}


def _draw_days(rng: np.random.Generator, *, interval: float, until: float) -> list[float]:
    """Draw when a pair is bought, in days since the start; the first day lies within a gap."""
    steps = interval * np.exp(_BETWEEN_PURCHASES * rng.standard_normal(int(4 * until / interval)))
    days = rng.random() * interval + np.cumsum(steps) - steps[0]
    return list(days[days < until])


def _write_lines(
    purchases: list[tuple[str, str, float]],
    *,
    goods: pd.DataFrame,
    people: pd.DataFrame,
    last: int,
) -> pd.DataFrame:
    """Return an order of one line for each purchase, in order of time."""
    lines = pd.DataFrame(purchases, columns=["customer_id", "product_id", "day"])
    lines = lines.sort_values(["day", "customer_id", "product_id"], ignore_index=True)
    at = pd.Timestamp(START) + pd.to_timedelta((lines.pop("day") * 86400).astype(int), unit="s")
    delivered_at = at + pd.Timedelta(days=1)
    has_come = delivered_at < pd.Timestamp(END)
    lines["order_id"] = [f"O{last + 1 + number}" for number in range(len(lines))]
    lines["line_number"] = "1"
    lines["ordered_at"] = at.dt.strftime(TIME)
    lines["delivered_at"] = delivered_at.dt.strftime(TIME).where(has_come, "")
    lines["status"] = np.where(has_come, "delivered", "placed")
    lines["cancel_reason"] = lines["discount"] = ""
    lines["quantity"] = "1"
    of_product = [
        *("product_name", "category_1", "category_2", "category_3", "unit_price", "unit_cost")
    ]
    lines[of_product] = goods.loc[lines["product_id"], of_product].to_numpy()
    lines[list(_OF_CUSTOMER)] = people.loc[lines["customer_id"]].to_numpy()
    return lines
