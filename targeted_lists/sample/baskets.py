"""What is in each order, what it costs, and what happens to it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from targeted_lists.sample.catalogue import CITIES, PAIRS, SERVICES
from targeted_lists.sample.people import END, SEGMENTS, START, Segment

_FAVOURITES = 10
_RETURN_SHARE = 0.016

# Factors of a category in a month; all others are 1.
_CATEGORY_SEASONS = {
    "Garden & Outdoor": {3: 1.6, 4: 2.2, 5: 2.2, 6: 1.7, 11: 0.5, 12: 0.4, 1: 0.4},
    "Electronics": {11: 1.7, 12: 1.6},
    "Baby & Kids": {11: 1.2, 12: 1.6},
    "Home Decor": {11: 1.3, 12: 1.6},
    "Sports & Leisure": {1: 1.6, 5: 1.3, 6: 1.3},
    "Stationery & Books": {8: 1.6, 9: 1.7},
    "Beverages": {6: 1.3, 7: 1.4, 8: 1.4},
}
_ANONYMOUS = Segment(
    share=0,
    monthly_orders=0,
    regularity=1,
    joins=(0, 0),
    newly_joined=0,
    lines=2.6,
    extra_units=0.3,
    price_taste=-0.2,
    discounted=0.12,
    habit=0,
    channels=(0, 0, 1, 0),
    categories=(),
    email_consent=0,
    sms_consent=0,
)
_ORPHAN_PERIOD = np.timedelta64(16, "D")
_CANCEL_REASONS = ("changed_mind", "out_of_stock", "payment_failed", "wrong_address")


def fill_baskets(
    rng: np.random.Generator,
    *,
    orders: pd.DataFrame,
    buyers: pd.DataFrame,
    products: pd.DataFrame,
    strain: np.ndarray,
) -> pd.DataFrame:
    """Draw the lines of goods of each order.

    Parameters
    ----------
    orders : as `draw_orders` returns them, those before the end, index 0, 1, 2, …
    strain : of `shape_levels`; it makes discounts likelier.

    Returns
    -------
    pandas.DataFrame : one row per order and product, `order` (row number in `orders`),
        `product` (row number in `products`), `units`, and `discount` in cents off the line;
        ordered by order.
    """
    owner = orders["buyer"].to_numpy()
    names = [buyers["segment"].iloc[i] if i >= 0 else "anonymous" for i in owner]
    profiles = [SEGMENTS.get(name, _ANONYMOUS) for name in names]
    size = 1 + rng.poisson(np.array([profile.lines for profile in profiles]) - 1)
    lines = pd.DataFrame({"order": np.repeat(np.arange(len(orders)), size)})
    buyer = owner[lines["order"]]
    month = orders["ordered_at"].dt.month.to_numpy()[lines["order"]]
    taste_of_price = np.array([profile.price_taste for profile in profiles])[lines["order"]]
    habit = np.array([profile.habit for profile in profiles])[lines["order"]]
    lines["product"] = _draw_products(
        rng,
        buyer=buyer,
        month=month,
        price_taste=taste_of_price,
        buyers=buyers,
        products=products,
    )
    favourites = _draw_products(
        rng,
        buyer=np.repeat(np.arange(len(buyers)), _FAVOURITES),
        month=np.repeat(2, len(buyers) * _FAVOURITES),
        price_taste=np.repeat(
            [SEGMENTS[name].price_taste for name in buyers["segment"]], _FAVOURITES
        ),
        buyers=buyers,
        products=products,
    ).reshape(-1, _FAVOURITES)
    is_habit = rng.random(len(lines)) < habit
    choice = rng.integers(0, _FAVOURITES, len(lines))
    lines.loc[is_habit, "product"] = favourites[buyer[is_habit], choice[is_habit]]
    lines = _add_partners(rng, lines=lines, products=products)
    lines = lines.drop_duplicates().sort_values("order", kind="stable", ignore_index=True)
    extra = np.array([profile.extra_units for profile in profiles])[lines["order"]]
    price = products["price"].to_numpy()[lines["product"]]
    lines["units"] = 1 + rng.poisson(np.where(price < 2000, extra, 0.1 * extra))
    buyer = owner[lines["order"]]
    day = ((orders["ordered_at"] - pd.Timestamp(START)).dt.days.to_numpy())[lines["order"]]
    chance = np.where(buyer >= 0, buyers["discounted"].to_numpy()[buyer], _ANONYMOUS.discounted)
    chance = chance + 0.3 * np.where(buyer >= 0, strain[buyer, day], 0)
    part = rng.choice([0.1, 0.15, 0.2, 0.3, 0.4], size=len(lines), p=[0.3, 0.25, 0.2, 0.15, 0.1])
    is_discounted = rng.random(len(lines)) < chance
    amount = price * lines["units"]
    lines["discount"] = np.where(is_discounted, (amount * part).round(), 0).astype("int64")
    return lines


def _draw_products(
    rng: np.random.Generator,
    *,
    buyer: np.ndarray,
    month: np.ndarray,
    price_taste: np.ndarray,
    buyers: pd.DataFrame,
    products: pd.DataFrame,
) -> np.ndarray:
    """Draw a product a line: first the category, by taste and season, then one within it."""
    categories = list(products["category_1"].unique())
    season = np.ones((13, len(categories)))
    for category, factors in _CATEGORY_SEASONS.items():
        for number, factor in factors.items():
            season[number, categories.index(category)] = factor
    taste = buyers[[f"taste_{name}" for name in categories]].to_numpy()
    taste = np.vstack([taste, taste.mean(axis=0)])
    limits = np.cumsum(taste[buyer] * season[month], axis=1)
    draw = rng.random((len(buyer), 1)) * limits[:, -1:]
    category = np.minimum((draw > limits).sum(axis=1), len(categories) - 1)
    chosen = np.zeros(len(buyer), dtype=int)
    for number, name in enumerate(categories):
        members = np.flatnonzero(products["category_1"] == name)
        price = products["price"].to_numpy()[members]
        for level in np.unique(price_taste):
            at = np.flatnonzero((category == number) & (price_taste == level))
            weights = products["popularity"].to_numpy()[members] * (price / price.mean()) ** level
            chosen[at] = rng.choice(members, size=len(at), p=weights / weights.sum())
    return chosen


def _add_partners(
    rng: np.random.Generator, *, lines: pd.DataFrame, products: pd.DataFrame
) -> pd.DataFrame:
    """Let the first product of each planted pair pull the second into its basket."""
    number = pd.Series(products.index, index=products["product_name"])
    pulled = [lines]
    for first, second, probability in PAIRS:
        holders = lines.loc[lines["product"] == number[first], "order"].drop_duplicates()
        joined = holders[rng.random(len(holders)) < probability]
        pulled.append(pd.DataFrame({"order": joined, "product": number[second]}))
    return pd.concat(pulled, ignore_index=True)


def settle_orders(
    rng: np.random.Generator, *, orders: pd.DataFrame, people: pd.DataFrame
) -> pd.DataFrame:
    """Add to each order its place, delivery, payment, and whether it was cancelled.

    An order that a campaign caused and the only order of a customer always stand.

    Returns
    -------
    pandas.DataFrame : `orders` with delivery_method, payment_method, delivered_at (missing
        where not yet delivered or cancelled), cancel_reason (missing where it stands),
        country, region, and city.
    """
    settled = orders.copy()
    count = len(settled)
    owner = settled["buyer"].to_numpy()
    home = np.where(owner >= 0, people["city_index"].to_numpy()[owner], -1)
    weights = np.array([city[3] for city in CITIES], dtype=float)
    elsewhere = rng.choice(len(CITIES), size=count, p=weights / weights.sum())
    place = np.where((home < 0) | (rng.random(count) < 0.04), elsewhere, home)
    for column, position in (("country", 2), ("region", 1), ("city", 0)):
        settled[column] = [CITIES[i][position] for i in place]
    channel = settled["channel"].to_numpy()
    sent = rng.choice(
        ["courier", "pickup_point", "parcel_locker"], size=count, p=[0.45, 0.35, 0.2]
    )
    settled["delivery_method"] = np.where(
        channel == "store", "in_store", np.where(channel == "phone", "courier", sent)
    )
    online = rng.choice(["card", "wallet", "invoice"], size=count, p=[0.62, 0.3, 0.08])
    at_till = rng.choice(["card", "cash", "wallet"], size=count, p=[0.62, 0.28, 0.1])
    settled["payment_method"] = np.where(channel == "store", at_till, online)
    days = rng.integers(1, 5, count).astype("timedelta64[D]")
    seconds = rng.integers(9 * 3600, 18 * 3600, count).astype("timedelta64[s]")
    arrival = settled["ordered_at"].to_numpy().astype("datetime64[D]") + days + seconds
    arrival = np.where(channel == "store", settled["ordered_at"].to_numpy(), arrival)
    settled["delivered_at"] = pd.Series(arrival).where(arrival < END)
    count_of_buyer = (~settled["is_withheld"]).groupby(settled["buyer"]).transform("sum")
    is_only = (owner >= 0) & (count_of_buyer == 1)
    can_fail = ~is_only & settled["campaign_id"].isna() & (channel != "store")
    is_cancelled = can_fail & (rng.random(count) < 0.045)
    reasons = rng.choice(_CANCEL_REASONS, size=count, p=[0.45, 0.25, 0.2, 0.1])
    settled["cancel_reason"] = pd.Series(reasons).where(is_cancelled)
    settled.loc[is_cancelled, "delivered_at"] = pd.NaT
    return settled


def write_lines(
    rng: np.random.Generator,
    *,
    orders: pd.DataFrame,
    baskets: pd.DataFrame,
    products: pd.DataFrame,
) -> pd.DataFrame:
    """Join orders and baskets into lines with services, gifts, and what came back.

    Parameters
    ----------
    orders : as `settle_orders` returns them.
    baskets : as `fill_baskets` returns them.

    Returns
    -------
    pandas.DataFrame : one row per line before numbering: `order` (-1 for returns), the columns
        of `orders` and of the product, `quantity`, `unit_price`, `unit_cost` and `discount` in
        whole cents, `status`, `kinds` (planted kinds, separated by blanks), and `sale` (for
        returns the row number of the sale, else -1).
    """
    goods = baskets.merge(products, left_on="product", right_index=True)
    goods = goods.rename(columns={"units": "quantity", "price": "unit_price", "cost": "unit_cost"})
    goods["kinds"] = ""
    gifts = goods[rng.random(len(goods)) < 0.003].assign(unit_price=0, discount=0, quantity=1)
    gifts["kinds"] = "zero_price"
    lines = pd.concat(
        [goods, gifts, _add_services(rng, orders=orders, baskets=goods)], ignore_index=True
    )
    lines = lines.sort_values("order", kind="stable", ignore_index=True)
    lines = lines.merge(orders, left_on="order", right_index=True).reset_index(drop=True)
    is_goods = ~lines["product_id"].isin(SERVICES) & (lines["unit_price"] > 0)
    can_return = (
        is_goods
        & lines["cancel_reason"].isna()
        & lines["delivered_at"].notna()
        & (lines["buyer"] >= 0)
        & lines["campaign_id"].isna()
        & (lines.groupby("order")["order"].transform("size") > 1)
    )
    fate = rng.random(len(lines))
    came_back = can_return & (fate < 0.01)
    ran_out = can_return & (fate > 0.996)
    lines.loc[ran_out, "cancel_reason"] = "out_of_stock"
    lines.loc[ran_out, "delivered_at"] = pd.NaT
    lines["status"] = np.select(
        [lines["cancel_reason"].notna(), came_back, lines["delivered_at"].isna()],
        ["cancelled", "returned", "placed"],
        "delivered",
    )
    is_single = ~lines.duplicated(["buyer", "product_id"], keep=False)
    can_refund = can_return & ~came_back & ~ran_out & (lines["discount"] == 0) & is_single
    lines["sale"] = -1
    return pd.concat(
        [lines, _draw_returns(rng, sales=lines[can_refund], share=_RETURN_SHARE)],
        ignore_index=True,
    )


def _add_services(
    rng: np.random.Generator, *, orders: pd.DataFrame, baskets: pd.DataFrame
) -> pd.DataFrame:
    """Charge the courier on small orders, and wrap some in December."""
    amount = (baskets["unit_price"] * baskets["quantity"]).groupby(baskets["order"]).sum()
    is_sent = (orders["delivery_method"] == "courier") & (amount.reindex(orders.index) < 6000)
    december = orders["ordered_at"].dt.month == 12
    is_wrapped = rng.random(len(orders)) < np.where(december, 0.12, 0.015)
    rows = []
    for code, chosen in (("DELIVERY", is_sent), ("GIFTWRAP", is_wrapped)):
        name, category_2, category_3, price, cost = SERVICES[code]
        rows.append(
            pd.DataFrame({"order": orders.index[chosen]}).assign(
                product_id=code,
                product_name=name,
                category_1="Services",
                category_2=category_2,
                category_3=category_3,
                quantity=1,
                unit_price=price,
                unit_cost=cost,
                discount=0,
                kinds="service",
            )
        )
    return pd.concat(rows, ignore_index=True)


def _draw_returns(rng: np.random.Generator, *, sales: pd.DataFrame, share: float) -> pd.DataFrame:
    """Draw the lines that undo a sale, whole or in part, three to twenty-five days later.

    Six of them undo a sale of before the start: no line of the files holds it.
    """
    returns = sales[rng.random(len(sales)) < share].copy()
    returns["sale"] = returns.index
    part = rng.integers(1, returns["quantity"] + 1)
    returns["quantity"] = -np.where(rng.random(len(returns)) < 0.6, returns["quantity"], part)
    days = rng.integers(3, 26, len(returns)).astype("timedelta64[D]")
    arrival = returns["delivered_at"].to_numpy().astype("datetime64[D]") + days
    second = rng.integers(9 * 3600, 19 * 3600, len(returns)).astype("timedelta64[s]")
    returns["ordered_at"] = arrival + second
    returns["delivered_at"] = returns["ordered_at"]
    returns["kinds"] = np.where(
        -returns["quantity"] < sales.loc[returns.index, "quantity"],
        "return partial_return",
        "return",
    )
    returns = returns[returns["ordered_at"] < END]
    late = np.flatnonzero(sales.loc[returns["sale"], "ordered_at"] > START + _ORPHAN_PERIOD)
    orphans = returns.iloc[rng.choice(late, size=6, replace=False)].copy()
    days = rng.integers(1, _ORPHAN_PERIOD.astype(int), 6).astype("timedelta64[D]")
    orphans["ordered_at"] = START + days + np.timedelta64(11, "h")
    orphans = orphans.assign(sale=-1, kinds="return return_without_sale")
    orphans["delivered_at"] = orphans["ordered_at"]
    both = pd.concat([returns, orphans], ignore_index=True)
    return both.assign(order=-1, status="delivered")
