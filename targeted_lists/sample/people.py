"""Who the customers are: latent segments, join dates, demographics and contacts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from targeted_lists.sample.catalogue import CITIES

START = np.datetime64("2025-05-01")
END = np.datetime64("2026-07-01")
DAYS = int((END - START).astype(int))
"""The days that the files cover: START is in them, END is the day after the last."""
FUTURE_DAYS = 60
"""Days simulated beyond the end; they feed the truth and are never written as sales."""

CHANNELS = ("web", "app", "store", "phone")


@dataclass(frozen=True)
class Segment:
    """How one latent segment differs; shares and probabilities lie in [0, 1].

    Attributes
    ----------
    share : of all buyers.
    monthly_orders : mean while active; 0 means a single order in all.
    regularity : shape of the gamma gaps between orders (1 = Poisson, more = steadier).
    joins : first and last day (since START) of the first order.
    newly_joined : share that joins within `joins`; the others were customers before START.
    lines : mean lines of an order.
    extra_units : mean units of a line beyond the first.
    price_taste : exponent on the price when a product is chosen; above 0 = dearer ones.
    discounted : probability that a line carries a discount.
    habit : probability that a line repeats one of the customer's ten favourites.
    channels : preference for web, app, store, phone.
    categories : category_1 of goods that it favours.
    email_consent, sms_consent : probability of consenting when registering.
    """

    share: float
    monthly_orders: float
    regularity: float
    joins: tuple[int, int]
    newly_joined: float
    lines: float
    extra_units: float
    price_taste: float
    discounted: float
    habit: float
    channels: tuple[float, float, float, float]
    categories: tuple[str, ...]
    email_consent: float
    sms_consent: float


SEGMENTS = {
    "champion": Segment(
        share=0.10,
        monthly_orders=1.5,
        regularity=12,
        joins=(10, 150),
        newly_joined=0.3,
        lines=3.8,
        extra_units=0.3,
        price_taste=0.5,
        discounted=0.06,
        habit=0.35,
        channels=(0.06, 0.92, 0.01, 0.01),
        categories=("Electronics", "Kitchen & Dining", "Home Decor", "Sports & Leisure"),
        email_consent=0.90,
        sms_consent=0.60,
    ),
    "family_basket": Segment(
        share=0.12,
        monthly_orders=0.9,
        regularity=12,
        joins=(10, 150),
        newly_joined=0.3,
        lines=5.4,
        extra_units=1.0,
        price_taste=0.0,
        discounted=0.12,
        habit=0.45,
        channels=(0.04, 0.03, 0.92, 0.01),
        categories=("Groceries", "Household", "Baby & Kids", "Beverages", "Pets"),
        email_consent=0.86,
        sms_consent=0.52,
    ),
    "bargain_hunter": Segment(
        share=0.15,
        monthly_orders=0.3,
        regularity=5,
        joins=(10, 150),
        newly_joined=0.3,
        lines=2.4,
        extra_units=0.4,
        price_taste=-0.6,
        discounted=0.78,
        habit=0.05,
        channels=(0.96, 0.02, 0.01, 0.01),
        categories=("Personal Care", "Stationery & Books", "Household"),
        email_consent=0.82,
        sms_consent=0.42,
    ),
    "lapsed": Segment(
        share=0.15,
        monthly_orders=0.55,
        regularity=4,
        joins=(0, 30),
        newly_joined=0.3,
        lines=3.2,
        extra_units=0.3,
        price_taste=0.1,
        discounted=0.08,
        habit=0.25,
        channels=(0.05, 0.02, 0.03, 0.90),
        categories=("Garden & Outdoor", "Bedding & Bath", "Pets"),
        email_consent=0.78,
        sms_consent=0.45,
    ),
    "new_customer": Segment(
        share=0.13,
        monthly_orders=0,
        regularity=1,
        joins=(DAYS - 58, DAYS - 3),
        newly_joined=1,
        lines=1.9,
        extra_units=0.2,
        price_taste=0.1,
        discounted=0.08,
        habit=0,
        channels=(0.05, 0.93, 0.01, 0.01),
        categories=("Personal Care", "Electronics", "Beverages"),
        email_consent=0.74,
        sms_consent=0.48,
    ),
    "one_time_old": Segment(
        share=0.35,
        monthly_orders=0,
        regularity=1,
        joins=(0, DAYS - 120),
        newly_joined=1,
        lines=1.6,
        extra_units=0.2,
        price_taste=0.0,
        discounted=0.05,
        habit=0,
        channels=(0.94, 0.02, 0.03, 0.01),
        categories=("Home Decor", "Garden & Outdoor", "Stationery & Books"),
        email_consent=0.70,
        sms_consent=0.40,
    ),
}
REGULARS = ("champion", "family_basket")
"""Segments steady enough for a fall in their activity to mean something."""

_FIRST_NAMES = (
    "Anna Ben Clara David Ella Frank Grace Henry Ines Jack Karen Leo Maria Noah Olivia Paul "
    "Quinn Rosa Sam Tara Umar Vera Will Yara Zoe Amir Beth Carl Dana Eric"
)
_LAST_NAMES = (
    "Adams Baker Carter Davis Evans Foster Green Harris Irving Jones Keller Lopez Morgan Nash "
    "Owen Parker Quimby Reed Shaw Turner Usher Vance Walsh Young Zimmer Brooks Chang Diaz"
)
_MAIL_HOSTS = ("example.com", "example.org", "example.net")
_EDUCATION = ("secondary", "vocational", "bachelor", "master", "doctorate")
_EDUCATION_WEIGHTS = (0.28, 0.22, 0.30, 0.16, 0.04)
_MEAN_AGE = {"champion": 44, "family_basket": 38, "bargain_hunter": 31, "lapsed": 56}
_MEAN_INCOME = {"champion": 82, "family_basket": 61, "bargain_hunter": 34, "lapsed": 52}


def draw_buyers(
    rng: np.random.Generator, *, customers: int, categories: list[str]
) -> pd.DataFrame:
    """Draw the buyers with their segment, taste, and join day.

    Parameters
    ----------
    customers : how many; segments take their shares of it.
    categories : every category_1 of goods, in order.

    Returns
    -------
    pandas.DataFrame : one row per buyer in order of customer_id. `join_day` is the day of the
        first order since START, or -1 for customers of before; `base_rate` is in orders a
        day; `taste_<category>` is the share of that category among the lines; `discounted` is
        the customer's own probability of a discount; `channel` is the preferred one.
    """
    shares = np.cumsum([segment.share for segment in SEGMENTS.values()])
    sizes = np.diff(np.round(shares / shares[-1] * customers).astype(int), prepend=0)
    buyers = pd.DataFrame({"segment": rng.permutation(np.repeat(list(SEGMENTS), sizes))})
    buyers.insert(0, "customer_id", [f"C{i:05d}" for i in range(1, customers + 1)])
    profiles = [SEGMENTS[name] for name in buyers["segment"]]
    first, last = np.array([profile.joins for profile in profiles]).T
    is_new = rng.random(customers) < [profile.newly_joined for profile in profiles]
    buyers["join_day"] = np.where(is_new, rng.integers(first, last + 1), -1)
    spread = np.exp(0.15 * rng.standard_normal(customers))
    buyers["base_rate"] = spread * [profile.monthly_orders / 30.4 for profile in profiles]
    channel_limits = np.cumsum([profile.channels for profile in profiles], axis=1)
    buyers["channel"] = (rng.random((customers, 1)) > channel_limits).sum(axis=1).clip(max=3)
    buyers["discounted"] = np.clip(
        np.array([profile.discounted for profile in profiles]) * rng.uniform(0.7, 1.3, customers),
        0,
        0.95,
    )
    weights = [
        [4.0 if category in profile.categories else 0.4 for category in categories]
        for profile in profiles
    ]
    taste = rng.gamma(weights) + 1e-6
    taste /= taste.sum(axis=1, keepdims=True)
    return buyers.join(pd.DataFrame(taste, columns=[f"taste_{name}" for name in categories]))


def draw_profiles(rng: np.random.Generator, *, buyers: pd.DataFrame, others: int) -> pd.DataFrame:
    """Draw the customer file: demographics and contacts of buyers and of others.

    Parameters
    ----------
    buyers : as `draw_buyers` returns them.
    others : customers who registered and never bought; they get the ids that follow.

    Returns
    -------
    pandas.DataFrame : one row per customer in order of customer_id with `segment` ("none" for
        the others), `city_index` and the columns of the input `customers`; those that the
        customer left out are missing.
    """
    people = buyers[["customer_id", "segment", "join_day", "discounted"]]
    ids = [f"C{i:05d}" for i in range(len(buyers) + 1, len(buyers) + others + 1)]
    new_customers = pd.DataFrame(
        {
            "customer_id": ids,
            "segment": "none",
            "join_day": rng.integers(0, DAYS, others),
            "discounted": 0.15,
        }
    )
    people = pd.concat([people, new_customers], ignore_index=True)
    count = len(people)
    people["registered_at"] = _draw_registrations(rng, join_day=people["join_day"].to_numpy())
    age = people["segment"].map(_MEAN_AGE).fillna(41) + 9 * rng.standard_normal(count)
    people["birth_year"] = 2026 - age.clip(18, 88).round().astype(int)
    minors = rng.choice(count, size=9, replace=False)
    people.loc[minors, "birth_year"] = rng.integers(2009, 2013, size=9)
    people["gender"] = rng.choice(["female", "male", "other"], size=count, p=[0.54, 0.44, 0.02])
    income = people["segment"].map(_MEAN_INCOME).fillna(50) * np.exp(
        0.25 * rng.standard_normal(count)
    )
    people["income"] = (income * 10).round().astype(int) * 100
    people["education"] = rng.choice(_EDUCATION, size=count, p=_EDUCATION_WEIGHTS)
    is_family = (people["segment"] == "family_basket").to_numpy()
    people["marital_status"] = np.where(
        rng.random(count) < np.where(is_family, 0.85, 0.45),
        rng.choice(["married", "partnered"], size=count, p=[0.7, 0.3]),
        rng.choice(["single", "divorced", "widowed"], size=count, p=[0.7, 0.22, 0.08]),
    )
    people["children"] = rng.poisson(np.where(is_family, 1.9, 0.5)).clip(max=5)
    gold = people["segment"].map({"champion": 0.7, "family_basket": 0.35}).fillna(0.08)
    people["service_tier"] = np.where(rng.random(count) < gold, "premium", "standard")
    tastes = buyers.filter(like="taste_")
    names = tastes.columns.str.removeprefix("taste_")
    favourite = names[tastes.to_numpy().argmax(axis=1)].to_series(index=tastes.index)
    people["favourite_category"] = favourite.mask(rng.random(len(buyers)) < 0.1)
    people["promo_share"] = (
        (people["discounted"] + 0.05 * rng.standard_normal(count)).clip(0, 1).round(2)
    )
    weights = np.array([city[3] for city in CITIES], dtype=float)
    people["city_index"] = rng.choice(len(CITIES), size=count, p=weights / weights.sum())
    people["city"] = [CITIES[i][0] for i in people["city_index"]]
    people["country"] = [CITIES[i][2] for i in people["city_index"]]
    people["email"] = _draw_emails(rng, count=count)
    people["phone"] = _draw_phones(rng, city_index=people["city_index"].to_numpy())
    for column, missing in (("income", 0.08), ("birth_year", 0.06), ("education", 0.05)):
        people[column] = people[column].astype("Int64" if column != "education" else "object")
        people.loc[rng.random(count) < missing, column] = None
    return people.drop(columns=["join_day", "discounted"])


def _draw_registrations(rng: np.random.Generator, *, join_day: np.ndarray) -> np.ndarray:
    """Draw when each registered: on the eve of the join day, or up to three years ago."""
    count = len(join_day)
    before = -rng.integers(30, 1100, count)
    day = np.where(join_day < 0, before, join_day)
    second = -rng.integers(3600, 7 * 3600, count)
    return START + day.astype("timedelta64[D]") + second.astype("timedelta64[s]")


def _draw_emails(rng: np.random.Generator, *, count: int) -> list[str | None]:
    """Draw addresses in the domains that RFC 2606 reserves; some are missing or malformed."""
    first = rng.choice(_FIRST_NAMES.split(), size=count)
    last = rng.choice(_LAST_NAMES.split(), size=count)
    host = rng.choice(_MAIL_HOSTS, size=count)
    emails: list[str | None] = [
        f"{f.lower()}.{s.lower()}{i}@{h}"
        for i, (f, s, h) in enumerate(zip(first, last, host, strict=True), start=1)
    ]
    for i in np.flatnonzero(rng.random(count) < 0.05):
        emails[i] = None
    malformed = rng.choice(count, size=6, replace=False)
    for i, email in zip(malformed, MALFORMED_EMAILS, strict=True):
        emails[i] = email
    return emails


MALFORMED_EMAILS = (
    "anna.reed@",
    "ben-at-example.com",
    "clara shaw@example.org",
    "@example.com",
    "david@@example.net",
    "ella@example",
)
MALFORMED_PHONES = ("12345", "+1 call me", "00", "555-CALL-NOW", "+44", "n/a")


def _draw_phones(rng: np.random.Generator, *, city_index: np.ndarray) -> list[str | None]:
    """Draw unique numbers of the blocks reserved for fiction; none where a block is used up."""
    blocks: dict[str, list[str]] = {}
    phones: list[str | None] = []
    for i in city_index:
        city, _, _, _, area_codes = CITIES[i]
        block = city if area_codes else "United Kingdom"
        if block not in blocks:
            numbers = [f"+1{area}5550{n}" for area in area_codes for n in range(100, 200)]
            numbers = numbers or [f"+447700900{n:03d}" for n in range(1000)]
            blocks[block] = list(rng.permutation(numbers))
        phones.append(str(blocks[block].pop()) if blocks[block] else None)
    for i in np.flatnonzero(rng.random(len(phones)) < 0.08):
        phones[i] = None
    for i, phone in zip(
        rng.choice(len(phones), size=6, replace=False), MALFORMED_PHONES, strict=True
    ):
        phones[i] = phone
    return phones
