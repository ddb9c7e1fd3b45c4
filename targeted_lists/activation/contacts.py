"""Contacts as the platforms that receive them hash them."""

from __future__ import annotations

import hashlib

from targeted_lists.inputs.contacts import DOTLESS_DOMAINS

# The last four are wide forms of the first.
FORMULA_SIGNS = (*"=+-@\t\r\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def as_text(cell: str) -> str:
    """Return a free text that no spreadsheet takes for a formula, and what is none as it is.

    Not for contacts, keys and numbers: a phone number begins with a plus.

    References
    ----------
    OWASP, CSV Injection: a cell that begins with one of these signs gets an apostrophe.
    """
    return f"'{cell}" if cell.startswith(FORMULA_SIGNS) else cell


def hash_contact(text: str) -> str:
    """Return the SHA-256 of a text as 64 hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()


def google_email(email: str) -> str:
    """Hash an e-mail for Google Customer Match: of Gmail's the dots before @ do not count."""
    name, _, domain = email.partition("@")
    return hash_contact(
        f"{name.replace('.', '')}@{domain}" if domain in DOTLESS_DOMAINS else email
    )


def google_phone(phone: str) -> str:
    """Hash a phone number for Google Customer Match: E.164 with its plus."""
    return hash_contact(phone)


def digits_phone(phone: str) -> str:
    """Hash a phone number for Meta and Yandex: digits alone, without leading zeros."""
    return hash_contact(phone.lstrip("+").lstrip("0"))
