"""The contacts of the sample, and other ways to write them."""

from __future__ import annotations

import re

import numpy as np

LINK_COLUMNS = ("customer_id", "other_customer_id", "status", "reason", "event_at")
"""Of the input `customer_links`: two keys are one person (same), or are not (different)."""
TIME = "%Y-%m-%d %H:%M:%S"
EMAIL = re.compile(r"[a-z.]+\d+@example\.(com|org|net)")
PHONE = re.compile(r"\+1\d{3}55501\d\d|\+447700900\d{3}")

Record = dict[str, str]


def rewrite_email(rng: np.random.Generator, email: str) -> str:
    """Return another text for the same mailbox: capitals, blanks around; at Google's more."""
    name, _, domain = email.partition("@")
    if domain == "gmail.com":
        plain = name.replace(".", "")
        texts = [
            f"{plain}@gmail.com",
            f"{name}+shop@gmail.com",
            f"{plain}+orders@googlemail.com",
            f"{plain.capitalize()}@GMail.com",
        ]
    else:
        texts = [
            email.upper(),
            f"{name.title()}@{domain}",
            f"{name}@{domain.capitalize()}",
            f" {email}",
            f"{name.title()}@{domain}  ",
        ]
    return texts[int(rng.integers(len(texts)))]


def rewrite_phone(rng: np.random.Generator, phone: str) -> str:
    """Return another text for a phone number of the sample.

    One of the United Kingdom keeps its country, since the shop's own is the United States.
    """
    if phone.startswith("+1"):
        area, exchange, line = phone[2:5], phone[5:8], phone[8:]
        texts = [
            f"({area}) {exchange}-{line}",
            f"{area}-{exchange}-{line}",
            f"{area}.{exchange}.{line}",
            f"1-{area}-{exchange}-{line}",
            f"+1 ({area}) {exchange}-{line}",
        ]
    else:
        prefix, line = phone[3:7], phone[7:]
        texts = [
            f"+44 {prefix} {line}",
            f"+44 (0){prefix} {line}",
            f"+44-{prefix}-{line}",
            f"011 44 {prefix} {line}",
        ]
    return texts[int(rng.integers(len(texts)))]
