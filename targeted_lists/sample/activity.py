"""When customers buy and visit: season, weekday, hour, and the falls in their activity."""

from __future__ import annotations

import numpy as np
import pandas as pd

from targeted_lists.sample.people import (
    CHANNELS,
    DAYS,
    END,
    FUTURE_DAYS,
    REGULARS,
    SEGMENTS,
    START,
)

HORIZON = DAYS + FUTURE_DAYS
MONTH_FACTORS = (0.85, 0.86, 0.95, 1.0, 1.02, 1.0, 0.93, 0.92, 1.0, 1.05, 1.2, 1.4)
WEEKDAY_FACTORS = (0.92, 0.88, 0.92, 0.98, 1.15, 1.28, 0.87)
"""January first; Monday first. Weights among the days of the shop, mean about 1."""

# Weights of the hours 7 to 22; the store opens later and the telephone closes earlier.
_HOURS = np.arange(7, 23)
_HOUR_WEIGHTS = {
    "web": (2, 3, 4, 5, 6, 8, 7, 5, 5, 6, 7, 8, 10, 11, 8, 4),
    "app": (4, 6, 5, 4, 5, 8, 7, 5, 4, 5, 7, 8, 9, 11, 10, 6),
    "store": (0, 0, 4, 7, 9, 9, 7, 6, 7, 8, 10, 9, 6, 0, 0, 0),
    "phone": (0, 0, 8, 10, 9, 5, 6, 8, 8, 7, 4, 0, 0, 0, 0, 0),
}
# The preferred channel's share of the orders; the others' shares of the rest.
_TYPICAL_CHANNEL = 0.9
_OTHER_CHANNELS = (0.4, 0.3, 0.25, 0.05)

# How the activity of regular customers falls: begins, goes on for so many days, rests for so
# many; low and recovered are factors on the typical rate, `END_OF_WARNING` that of its last day.
DAILY_HAZARD = 0.06 / 30.4
WARNING_DAYS = (45, 76)
FALL_DAYS = (60, 111)
REST_DAYS = 45
LOW, RECOVERED = (0.1, 0.3), (0.8, 1)
END_OF_WARNING = 0.6

_LULL_HAZARD = 0.03
_DAYS_A_MONTH = 30.4


def draw_declines(rng: np.random.Generator, *, buyers: pd.DataFrame) -> pd.DataFrame:
    """Draw every fall in a customer's activity, past and shortly after the end.

    A regular customer starts to fall with a constant monthly hazard, to 10 to 30 % of the
    typical rate; falls that started well before the end recover after two to four months. A
    lapsed customer falls once, to nothing. Six to eleven weeks of precursors come before.

    Returns
    -------
    pandas.DataFrame : one row per fall with `buyer` (row number in `buyers`), the days since
        START `precursor_day`, `start_day` and `recovery_day` (HORIZON where none), and the
        factors `low` and `recovered` on the typical rate; ordered by buyer and start.
    """
    rows = []
    for i, (segment, join_day) in enumerate(
        zip(buyers["segment"], buyers["join_day"], strict=True)
    ):
        if segment == "lapsed":
            start = int(rng.integers(150, DAYS - 130))
            precursor = start - int(rng.integers(*WARNING_DAYS))
            rows.append((i, precursor, start, HORIZON, 0.0, 0.0))
        if segment not in REGULARS:
            continue
        day = max(int(join_day), 0) + 60
        while (day := day + int(rng.exponential(1 / DAILY_HAZARD))) < HORIZON:
            precursor = day - int(rng.integers(*WARNING_DAYS))
            recovers = day < DAYS - 110
            recovery = day + int(rng.integers(*FALL_DAYS)) if recovers else HORIZON
            rows.append((i, precursor, day, recovery, rng.uniform(*LOW), rng.uniform(*RECOVERED)))
            day = recovery + REST_DAYS
    columns = ["buyer", "precursor_day", "start_day", "recovery_day", "low", "recovered"]
    return pd.DataFrame(rows, columns=columns)


def shape_levels(
    rng: np.random.Generator, *, buyers: pd.DataFrame, declines: pd.DataFrame
) -> dict[str, np.ndarray]:
    """Turn falls into daily factors.

    Returns
    -------
    dict of arrays of buyers x HORIZON : `orders` and `visits` are factors on the typical rate
        (visits fall earlier and further; now and then they dip without any fall following),
        `strain` runs from 0 to 1 through the precursors and raises promotions, unpaid items and
        service errors.
    """
    days = np.arange(HORIZON)
    shape = (len(buyers), HORIZON)
    levels = {"orders": np.ones(shape), "visits": np.ones(shape), "strain": np.zeros(shape)}
    for fall in declines.itertuples():
        warned = (days >= fall.precursor_day) & (days < fall.start_day)
        low = (days >= fall.start_day) & (days < fall.recovery_day)
        after = days >= fall.recovery_day
        ramp = (days[warned] - fall.precursor_day) / (fall.start_day - fall.precursor_day)
        for name, bottom, end in (
            ("orders", fall.low, END_OF_WARNING),
            ("visits", 0.8 * fall.low, 0.3),
        ):
            level = levels[name][fall.buyer]
            level[warned] *= 1 - (1 - end) * np.minimum(1, ramp if name == "orders" else 2 * ramp)
            level[low] *= bottom
            level[after] *= fall.recovered
        levels["strain"][fall.buyer, warned] = np.minimum(1, 2 * ramp)
        levels["strain"][fall.buyer, low] = 0.6
    chance = _LULL_HAZARD * HORIZON / _DAYS_A_MONTH
    for i in np.flatnonzero(rng.random(len(buyers)) < chance):
        start = int(rng.integers(0, HORIZON))
        levels["visits"][i, start : start + int(rng.integers(20, 41))] *= 0.5
    return levels


def day_factors(days: int = HORIZON) -> np.ndarray:
    """Return the shop's factor of so many days since START: month times weekday."""
    dates = pd.date_range(START, periods=days)
    month = np.array(MONTH_FACTORS)[dates.month - 1]
    return month * np.array(WEEKDAY_FACTORS)[dates.day_of_week]


def run_clocks(buyers: pd.DataFrame, *, levels: np.ndarray) -> np.ndarray:
    """Return the operational time of each buyer at the end of each day since START.

    It runs at the buyer's own rate times season times level, from the join day on, so that one
    unit of it is a typical gap between orders.

    Parameters
    ----------
    levels : the factor `orders` of `shape_levels`, buyers x days.

    Returns
    -------
    numpy.ndarray : buyers x days, not falling; zero for buyers of one order.
    """
    days = np.arange(levels.shape[1])
    pace = buyers["base_rate"].to_numpy()[:, None] * day_factors(len(days)) * levels
    return np.cumsum(pace * (days >= buyers["join_day"].to_numpy()[:, None]), axis=1)


def find_share_before(hour: int) -> np.ndarray:
    """Return the share of a day's orders placed before an hour, by the buyer's channel."""
    own = np.array(
        [np.dot(weights, hour > _HOURS) / sum(weights) for weights in _HOUR_WEIGHTS.values()]
    )
    return _TYPICAL_CHANNEL * own + (1 - _TYPICAL_CHANNEL) * np.dot(_OTHER_CHANNELS, own)


def draw_orders(
    rng: np.random.Generator, *, buyers: pd.DataFrame, levels: np.ndarray
) -> pd.DataFrame:
    """Draw the times of all orders up to the horizon.

    Regular buyers follow a gamma renewal process in operational time: gaps are drawn at rate
    one and mapped through the cumulative rate, so they are steadier than Poisson and yet
    follow season and falls (Cox and Isham 1980, Point Processes, section 4.2).

    Parameters
    ----------
    buyers : as `draw_buyers` returns them.
    levels : the factor `orders` of `shape_levels`.

    Returns
    -------
    pandas.DataFrame : one row per order, `buyer` (row number in `buyers`, -1 = anonymous),
        `ordered_at` and `channel`, ordered by buyer and time.
    """
    factors = day_factors()
    clocks = run_clocks(buyers, levels=levels)
    owners, days = [], []
    for i, buyer in enumerate(buyers.itertuples()):
        if buyer.base_rate == 0:
            low, high = SEGMENTS[buyer.segment].joins
            order_days = [_draw_day(rng, factors=factors, low=low, high=high)]
        else:
            cumulative = clocks[i]
            shape = SEGMENTS[buyer.segment].regularity
            gaps = rng.gamma(shape, 1 / shape, size=80)
            # A customer of before is met in the middle of a gap, a new one on the join day.
            gaps[0] = gaps[0] * rng.random() if buyer.join_day < 0 else 1e-9
            moments = np.cumsum(gaps)
            order_days = np.searchsorted(cumulative, moments[moments < cumulative[-1]])
        owners += [i] * len(order_days)
        days += list(order_days)
    anonymous = int(0.06 * sum(day < DAYS for day in days))
    owners += [-1] * anonymous
    days += list(rng.choice(DAYS, size=anonymous, p=factors[:DAYS] / factors[:DAYS].sum()))
    return time_orders(rng, buyers=buyers, owners=np.array(owners), days=np.array(days))


def time_orders(
    rng: np.random.Generator, *, buyers: pd.DataFrame, owners: np.ndarray, days: np.ndarray
) -> pd.DataFrame:
    """Give each order its channel and its second of the day; return them as `draw_orders`."""
    count = len(owners)
    typical = np.where(owners < 0, CHANNELS.index("store"), buyers["channel"].to_numpy()[owners])
    is_typical = rng.random(count) < _TYPICAL_CHANNEL
    other = rng.choice(len(CHANNELS), size=count, p=_OTHER_CHANNELS)
    channel = np.array(CHANNELS)[np.where(is_typical, typical, other)]
    hour = np.zeros(count, dtype=int)
    for name, weights in _HOUR_WEIGHTS.items():
        at = channel == name
        hour[at] = rng.choice(_HOURS, size=at.sum(), p=np.array(weights) / sum(weights))
    second = hour * 3600 + rng.integers(0, 3600, count)
    ordered_at = START + days.astype("timedelta64[D]") + second.astype("timedelta64[s]")
    orders = pd.DataFrame({"buyer": owners, "ordered_at": ordered_at, "channel": channel})
    return orders.sort_values(["buyer", "ordered_at", "channel"], ignore_index=True)


def _draw_day(rng: np.random.Generator, *, factors: np.ndarray, low: int, high: int) -> int:
    """Draw one day from `low` to `high` inclusive, in proportion to the shop's factors."""
    weights = factors[low : high + 1]
    return low + int(rng.choice(len(weights), p=weights / weights.sum()))


def draw_site_activity(
    rng: np.random.Generator,
    *,
    buyers: pd.DataFrame,
    orders: pd.DataFrame,
    levels: dict[str, np.ndarray],
    sends: pd.DataFrame,
) -> pd.DataFrame:
    """Draw the web analytics by month of the 70 % of buyers who accept its cookie.

    Parameters
    ----------
    orders : orders before the end, as `draw_orders` returns them, with `is_withheld`.
    levels : as `shape_levels` returns them.
    sends : `customer_id` and `sent_at` of every campaign message.

    Returns
    -------
    pandas.DataFrame : one row per customer and month with a visit or a message, with the
        columns of the input `site_activity`, ordered by customer and month.
    """
    months = pd.date_range(START, END, freq="MS", inclusive="left")
    first_days = np.searchsorted(pd.date_range(START, periods=DAYS), months)
    month_lengths = np.diff(first_days, append=DAYS)
    count, periods = len(buyers), len(months)
    bought = orders.loc[orders["buyer"] >= 0]
    month = bought["ordered_at"].dt.to_period("M").dt.to_timestamp().map(months.get_loc)
    purchases, withheld = np.zeros((2, count, periods), dtype=int)
    cells = (bought["buyer"].to_numpy(), month.to_numpy())
    np.add.at(purchases, cells, 1)
    np.add.at(withheld, cells, bought["is_withheld"].to_numpy(dtype=int))
    joined = np.searchsorted(months, START + buyers["join_day"].clip(0).to_numpy(), "right") - 1
    is_present = np.arange(periods) >= joined[:, None]
    strain, interest = (
        np.add.reduceat(levels[name][:, :DAYS], first_days, axis=1) / month_lengths
        for name in ("strain", "visits")
    )
    typical = 1.5 + 5 * buyers["base_rate"].to_numpy() * _DAYS_A_MONTH
    habit = rng.gamma(6, 1 / 6, count)
    is_regular = buyers["base_rate"].to_numpy() > 0
    mean = np.where(is_regular, typical * habit, 0.25 * habit)[:, None] * interest
    mean = is_present * mean * rng.gamma(25, 1 / 25, mean.shape)
    visits = rng.poisson(mean)
    visits_to_order = rng.binomial(purchases, 0.6)
    visits = visits + visits_to_order
    minutes_per_visit = rng.gamma(8, (4.5 - 1.5 * strain) / 8)
    pages = rng.gamma(10, (6 - 1.5 * strain) / 10)
    categories = 1 + rng.poisson(1.8 - 0.6 * strain)
    messages = rng.binomial(3, 0.5, mean.shape) * is_present
    unpaid = rng.poisson((0.3 + 1.6 * strain) * (visits > 0))
    errors = rng.poisson((0.06 + 0.9 * strain) * (visits > 0))
    sent_month = sends["sent_at"].dt.to_period("M").dt.to_timestamp().map(months.get_loc)
    row = pd.Index(buyers["customer_id"]).get_indexer(sends["customer_id"])
    np.add.at(messages, (row, sent_month.to_numpy()), 1)
    # Drawn for the withheld orders too; what they would have brought is taken out at the end.
    visits = visits - (visits_to_order - np.minimum(visits_to_order, purchases - withheld))
    minutes = visits * minutes_per_visit
    is_shown = (rng.random(count) < 0.7)[:, None] & (visits > 0)
    buyer, period = np.nonzero(is_shown)
    at = (buyer, period)
    return pd.DataFrame(
        {
            "customer_id": buyers["customer_id"].to_numpy()[buyer],
            "period_start": months[period],
            "visits": visits[at],
            "minutes": minutes[at].round(1),
            "pages_per_visit": pages[at].round(1),
            "categories_per_visit": categories[at],
            "unpaid_items": unpaid[at],
            "service_errors": errors[at],
            "marketing_contacts": messages[at],
        }
    )
