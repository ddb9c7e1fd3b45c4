"""Keys that look like one person and are not: families, counters, nearly equal e-mails."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from targeted_lists.sample.contact_writings import (
    EMAIL,
    LINK_COLUMNS,
    PHONE,
    TIME,
    Record,
    rewrite_phone,
)
from targeted_lists.sample.people import END

COUNTER_PHONE = "+18005550199"
"""The one toll-free number that is reserved for fiction."""
SHARED_EMAILS = ("noreply@example.com", "orders@example.org")


def set_traps(
    rng: np.random.Generator, *, customers: pd.DataFrame, taken: set[str], count: int
) -> tuple[pd.DataFrame, list[Record], pd.DataFrame]:
    """Give customers contacts that look like one person's and are not.

    Parameters
    ----------
    taken : keys that stay as they are.
    count : how many persons have several keys; the traps scale with it.

    Returns
    -------
    customers : with these contacts.
    splits : rows of `customer_links`.
    traps : `trap`, `kind` and `customer_id`, one row per trap and key.
    """
    rows = customers.drop_duplicates("customer_id")
    is_free = ~rows["customer_id"].isin({"", *taken})
    for column, pattern in (("email", EMAIL), ("phone", PHONE)):
        is_free &= (rows[column] == "") | rows[column].str.fullmatch(pattern)
    records = rows[is_free].to_dict("records")
    pool = [records[i] for i in rng.permutation(len(records))]

    def take(size: int, is_first: Callable[[Record], bool]) -> list[Record]:
        pool.sort(key=lambda row: not is_first(row))  # stable: else at random
        chosen, pool[:] = pool[:size], pool[size:]
        return chosen

    def is_known(row: Record) -> bool:
        return bool(row["email"] and row["phone"])

    traps: list[tuple[str, Sequence[Record]]] = []
    splits: list[Record] = []
    # Those without an e-mail are whom a phone of nobody would join.
    counter = take(3, lambda row: not row["phone"] and not row["email"])
    counter += take(5, lambda row: not row["phone"])
    for row in counter:
        row["phone"] = COUNTER_PHONE
    traps.append(("counter_phone", counter))
    for email in SHARED_EMAILS:
        group = take(7, lambda row: not row["email"])
        for row in group:
            row["email"] = email
        traps.append(("shared_email", group))
    for i in range(max(3, count // 10)):
        family = take(2 + (i % 3 == 0), is_known)
        for row in family[1:]:
            row["phone"] = rewrite_phone(rng, family[0]["phone"])
        traps.append(("family_phone", family))
    for i in range(max(4, count // 10)):
        pair = take(2, is_known)
        name, _, domain = pair[0]["email"].partition("@")
        near = (f"{name.replace('.', '')}@{domain}", f"{name}+shop@{domain}")
        pair[1]["email"] = near[i % 2]
        traps.append(("near_email", pair))
    for i in range(max(2, count // 25)):
        couple = take(2, is_known)
        couple[1]["email"] = couple[0]["email"].upper()
        pair = [row["customer_id"] for row in couple]
        day = pd.Timestamp(END) - pd.Timedelta(days=int(rng.integers(30, 150)))
        said = [("different", "two people, one mailbox", day)]
        if i % 2:  # what was said first holds no longer
            said.insert(0, ("same", "merged by support", day - pd.Timedelta(days=9)))
        for status, reason, at in said:
            values = [*pair, status, reason, f"{at:{TIME}}"]
            splits.append(dict(zip(LINK_COLUMNS, values, strict=True)))
        traps.append(("linked_different", couple))
    listed = [
        (f"T{number:03d}", kind, row["customer_id"])
        for number, (kind, group) in enumerate(traps, start=1)
        for row in group
    ]
    contacts = {row["customer_id"]: row for _, group in traps for row in group}
    changed = customers.copy()
    for i in np.flatnonzero(customers["customer_id"].isin(contacts)):
        row = contacts[customers["customer_id"].iloc[i]]
        changed.loc[i, ["email", "phone"]] = [row["email"], row["phone"]]
    return changed, splits, pd.DataFrame(listed, columns=["trap", "kind", "customer_id"])
