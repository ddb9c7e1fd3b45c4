"""Persons with two or three keys.

Nothing is drawn again for them: a new key takes over a part of the rows that its person has
without it. With each key put back to its person, order lines, consents, suppressions, erasures,
contacts of campaigns and site activity are those of the sample without duplicates.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from targeted_lists.sample.contact_writings import (
    EMAIL,
    LINK_COLUMNS,
    PHONE,
    TIME,
    Record,
    rewrite_email,
    rewrite_phone,
)
from targeted_lists.sample.identity_traps import set_traps
from targeted_lists.sample.people import END

_FEWEST = 10
_OF_RESTRICTED = 0.1
_OF_THIRD_KEYS = 0.1
_OF_OLD_ORDERS = 0.2
_OF_LATER_ORDERS = 0.6
_OF_LATER_ROWS = 0.5
# Of what shops carry over to a new account, with the day on which it was said.
_OF_EARLIER_ROWS = 0.3
_CARRIED_OVER = ("consents", "suppressions")
# The column that says when a row of an input came about.
_TIMES = {
    "consents": "event_at",
    "suppressions": "event_at",
    "erasures": "event_at",
    "campaign_contacts": "sent_at",
    "site_activity": "period_start",
}
# What ties a new key to its person; of ten keys in a row each kind takes its part.
_KINDS = ("email", "phone", "link", "email", "gmail", "email", "phone", "email", "link", "email")
# What a customer seldom says twice.
_LEFT_OUT = ("gender", "income", "education", "marital_status", "children", "promo_share")


@dataclass(frozen=True)
class _NewKey:
    """A second or third key of a person: since when it is there, and which orders it has."""

    customer_id: str
    person_id: str
    opened_at: pd.Timestamp
    orders: list[str]


def plant_duplicates(
    rng: np.random.Generator,
    *,
    share: float,
    inputs: dict[str, pd.DataFrame],
    truth: dict[str, pd.DataFrame],
) -> tuple[dict[str, pd.DataFrame], dict[str, pd.DataFrame]]:
    """Give a share of the customers a second key, a few of them a third, and plant traps.

    A new key is numbered like the others, behind the last of them and in no order. It has a row
    of its own in `customers`, registered hours before its first order, and is tied to the person
    by the same e-mail in another writing, by the same phone in another writing and no e-mail, or
    by a row of `customer_links`. Of the person's orders it takes one, most of the later ones,
    for some persons an old one, and what came back of them; of all else about half of what is
    later, and some earlier consents and suppressions. The person's first order stays with the
    first key.

    Traps change contacts alone, of customers with one key: families with one phone, a counter's
    phone and shared mailboxes of more keys than link anybody, e-mails that are nearly equal, and
    couples with one e-mail of whom `customer_links` says that they are two.

    Parameters
    ----------
    share : of the customers in the truth, in [0, 1].
    inputs : frames of texts by name of the input, as in the files.
    truth : as `Sample` has it.

    Returns
    -------
    inputs : with the new keys, and with `customer_links`.
    truth : `customers` has a row for each new key too, which says what the row of the person's
        first key says; `duplicates` has a row per new key, `identity_traps` a row per trap and
        key. All other truth names a person by the first key.

    Raises
    ------
    ValueError : fewer than ten persons, or more than there are customers with two orders.
    """
    orders = _list_orders(inputs["order_lines"])
    several = set(orders.loc[orders.duplicated("customer_id"), "customer_id"])
    persons = _choose_persons(
        rng,
        share=share,
        count=round(share * len(truth["customers"])),
        able=sorted(several & set(inputs["customers"]["customer_id"])),
        restricted={*inputs["suppressions"]["customer_id"], *inputs["erasures"]["customer_id"]},
    )
    last = max(int(key[1:]) for key in truth["customers"]["customer_id"])
    keys = _open_keys(rng, orders=orders[orders["customer_id"].isin(persons)], last=last)
    customers, links, linked_by = _register_keys(rng, keys=keys, customers=inputs["customers"])
    customers, splits, traps = set_traps(
        rng, customers=customers, taken={*persons, *linked_by}, count=len(persons)
    )
    spread = {
        "order_lines": _spread_orders(
            inputs["order_lines"], keys=keys, line_truth=truth["line_truth"]
        ),
        "customers": customers,
        "customer_links": _shuffle(rng, [*links, *splits]),
    }
    started = inputs["campaigns"].set_index("campaign_id")["started_at"]
    for name, column in _TIMES.items():
        times = inputs[name][column]
        if name == "campaign_contacts":  # of who got no message, the day of the others
            times = times.mask(times == "", inputs[name]["campaign_id"].map(started))
        spread[name] = _spread_rows(
            rng, rows=inputs[name], times=times, keys=keys, is_carried_over=name in _CARRIED_OVER
        )
    listed = pd.DataFrame(
        [
            (key.customer_id, key.person_id, linked_by[key.customer_id], key.opened_at)
            for key in sorted(keys, key=lambda key: key.customer_id)
        ],
        columns=["customer_id", "person_id", "linked_by", "opened_at"],
    )
    known = truth["customers"]
    new = listed[["customer_id", "person_id"]].merge(
        known.drop(columns="customer_id"), on="person_id"
    )
    return inputs | spread, truth | {
        "customers": pd.concat([known, new[known.columns]], ignore_index=True),
        "duplicates": listed,
        "identity_traps": traps,
    }


def _list_orders(lines: pd.DataFrame) -> pd.DataFrame:
    """Return the sales of known customers: customer_id, order_id and ordered_at, in this order.

    Of an order with a damaged day the other lines say the right one.
    """
    is_sale = (
        ~lines["customer_id"].isin(["", "0"])
        & (lines["order_id"] != "")
        & ~lines["quantity"].str.startswith("-")
    )
    sales = lines[is_sale].assign(
        ordered_at=pd.to_datetime(lines["ordered_at"], format=TIME, errors="coerce")
    )
    orders = sales.groupby(["customer_id", "order_id"])["ordered_at"].min().reset_index()
    return orders.sort_values(["customer_id", "ordered_at", "order_id"], ignore_index=True)


def _choose_persons(
    rng: np.random.Generator, *, share: float, count: int, able: list[str], restricted: set[str]
) -> list[str]:
    """Choose who has several keys; a tenth of them nobody may write to, if there are so many."""
    if not _FEWEST <= count <= len(able):
        raise ValueError(
            f"duplicates is {share}, which is {count} persons: there can be {_FEWEST} to "
            f"{len(able)}, who have at least two orders and are in the customers file"
        )
    mixed = [able[i] for i in rng.permutation(len(able))]
    first = [one for one in mixed if one in restricted][: round(_OF_RESTRICTED * count)]
    return sorted([*first, *(one for one in mixed if one not in first)][:count])


def _open_keys(rng: np.random.Generator, *, orders: pd.DataFrame, last: int) -> list[_NewKey]:
    """Share each person's orders between the first key and the new ones.

    Parameters
    ----------
    orders : of the persons who get new keys, as `_list_orders` returns them.
    last : the highest number of a key that is there.
    """
    of_person = {person: list(rows) for person, rows in orders.groupby("customer_id")["order_id"]}
    ordered_at = orders.set_index("order_id")["ordered_at"]
    busy = [person for person, own in of_person.items() if len(own) > 3]
    chosen = rng.permutation(len(busy))[: max(1, round(_OF_THIRD_KEYS * len(of_person)))]
    has_third = {busy[i] for i in chosen}
    parts: list[tuple[str, list[str]]] = []
    for person, own in of_person.items():
        rest = own[:-1] if person in has_third else own
        start = int(rng.integers(1, len(rest)))
        later = [order for order in rest[start + 1 :] if rng.random() < _OF_LATER_ORDERS]
        takes_old = start > 1 and rng.random() < _OF_OLD_ORDERS
        old = [rest[int(rng.integers(1, start))]] if takes_old else []
        parts.append((person, [*old, rest[start], *later]))
        if person in has_third:
            parts.append((person, own[-1:]))
    numbers = last + 1 + rng.permutation(len(parts))
    hours = pd.to_timedelta(rng.integers(3600, 7 * 3600, len(parts)), unit="s")
    return [
        _NewKey(f"C{number:05d}", person, ordered_at[taken[0]] - before, taken)
        for (person, taken), number, before in zip(parts, numbers, hours, strict=True)
    ]


def _spread_orders(
    lines: pd.DataFrame, *, keys: list[_NewKey], line_truth: pd.DataFrame
) -> pd.DataFrame:
    """Return the order lines under the keys that have them; what came back follows its sale."""
    owner = {order: key.customer_id for key in keys for order in key.orders}
    moved = lines["order_id"].map(owner).fillna(lines["customer_id"]).astype(object)
    is_return = (line_truth["kind"] == "return") & line_truth["related_row"].notna()
    returns = line_truth[is_return].astype({"related_row": int})
    moved.iloc[returns["source_row"] - 1] = moved.iloc[returns["related_row"] - 1].to_numpy()
    return lines.assign(customer_id=moved)


def _spread_rows(
    rng: np.random.Generator,
    *,
    rows: pd.DataFrame,
    times: pd.Series,
    keys: list[_NewKey],
    is_carried_over: bool,
) -> pd.DataFrame:
    """Put rows of persons under the last key that they had by then, or under the first.

    Parameters
    ----------
    times : of the rows, as texts; empty = before everything.
    is_carried_over : whether some rows of before a new key stand under it too. Exact copies stay
        copies.
    """
    keys_of: dict[str, list[_NewKey]] = {}
    for key in sorted(keys, key=lambda key: key.opened_at):
        keys_of.setdefault(key.person_id, []).append(key)
    spread = rows["customer_id"].tolist()
    decided: dict[tuple[str, ...], str] = {}
    for i in np.flatnonzero(rows["customer_id"].isin(keys_of)):
        row = tuple(rows.iloc[i])
        if row not in decided:
            own = [key.customer_id for key in keys_of[spread[i]]]
            opened = [f"{key.opened_at:{TIME}}" for key in keys_of[spread[i]]]
            there = [key for key, at in zip(own, opened, strict=True) if at < times.iloc[i]]
            chance = _OF_LATER_ROWS if there else _OF_EARLIER_ROWS * is_carried_over
            decided[row] = (there or own)[-1] if rng.random() < chance else spread[i]
        spread[i] = decided[row]
    return rows.assign(customer_id=pd.Series(spread, rows.index, dtype=object))


def _register_keys(
    rng: np.random.Generator, *, keys: list[_NewKey], customers: pd.DataFrame
) -> tuple[pd.DataFrame, list[Record], dict[str, str]]:
    """Write the new keys into the customers file.

    Returns
    -------
    customers : with a row for each new key behind the others, in no order. A few persons have
        another e-mail than before, at Google's.
    links : rows of `customer_links`.
    linked_by : email, phone or link, by new key.
    """
    first_rows = customers.drop_duplicates("customer_id").set_index("customer_id", drop=False)
    contacts = first_rows[["email", "phone"]].to_dict("index")
    keys_of: dict[str, list[str]] = {}
    rows, links, linked_by = [], [], {}
    for key, wanted in zip(keys, np.resize(_KINDS, len(keys)), strict=True):
        contact = contacts[key.person_id]
        is_second = key.person_id not in keys_of
        if wanted == "gmail" and is_second and EMAIL.fullmatch(contact["email"]):
            # Google gives no name of more than thirty letters: this address is nobody's.
            name = contact["email"].partition("@")[0]
            contact["email"] = f"{name}.invented.for.the.sample.shop@gmail.com"
        kind = _kind_that_fits(wanted, contact)
        earlier = keys_of.setdefault(key.person_id, [key.person_id])
        row = _copy_row(rng, row=first_rows.loc[key.person_id].to_dict(), key=key)
        row["email"] = row["phone"] = ""
        if kind == "link":
            row["email"] = f"customer{key.customer_id[1:]}@example.net"
            links.append(_link(rng, key=key, other=earlier[int(rng.integers(len(earlier)))]))
        if kind == "email":
            row["email"] = rewrite_email(rng, contact["email"])
        if kind == "phone" or (
            kind == "email" and PHONE.fullmatch(contact["phone"]) and rng.random() < 0.4
        ):
            row["phone"] = rewrite_phone(rng, contact["phone"])
        earlier.append(key.customer_id)
        linked_by[key.customer_id] = kind
        rows.append(row)
    listed = customers.copy()
    is_person = customers["customer_id"].isin(keys_of)
    listed.loc[is_person, "email"] = [
        contacts[one]["email"] for one in customers.loc[is_person, "customer_id"]
    ]
    return pd.concat([listed, _shuffle(rng, rows)], ignore_index=True), links, linked_by


def _kind_that_fits(wanted: str, contact: Record) -> str:
    """Return what can tie a key to a person with such contacts: email, phone or link."""
    has_email = re.fullmatch(r"[^@ ]+@(example\.(com|org|net)|gmail\.com)", contact["email"])
    fitting = {
        "email": bool(has_email),
        "phone": bool(PHONE.fullmatch(contact["phone"])),
        "link": True,
    }
    order = [wanted if wanted in fitting else "email", "email", "phone", "link"]
    return next(kind for kind in order if fitting[kind])


def _copy_row(rng: np.random.Generator, *, row: Record, key: _NewKey) -> Record:
    """Return what a person says when registering again: the same, and less of it."""
    left_out = [column for column in _LEFT_OUT if rng.random() < 0.5]
    year = row["birth_year"]
    if not year.isdigit() or int(year) > 2008 or rng.random() < 0.5:
        left_out.append("birth_year")
    return (
        row
        | dict.fromkeys([*left_out, "favourite_category"], "")
        | {
            "customer_id": key.customer_id,
            "registered_at": f"{key.opened_at:{TIME}}",
            "service_tier": "standard",
        }
    )


def _link(rng: np.random.Generator, *, key: _NewKey, other: str) -> Record:
    """Return a row that says, some days after a key was opened, that it is another key's."""
    latest = pd.Timestamp(END) - pd.Timedelta(hours=6)
    day = min(key.opened_at + pd.Timedelta(days=int(rng.integers(1, 30))), latest)
    pair = [other, key.customer_id] if rng.random() < 0.5 else [key.customer_id, other]
    reason = ("merged by support", "same loyalty card")[int(rng.integers(2))]
    return dict(zip(LINK_COLUMNS, [*pair, "same", reason, f"{day:{TIME}}"], strict=True))


def _shuffle(rng: np.random.Generator, rows: list[Record]) -> pd.DataFrame:
    """Return records as a frame of texts, in no order."""
    return pd.DataFrame([rows[i] for i in rng.permutation(len(rows))], dtype=object)
