"""Contacts as the tools that receive them want them: whole, or hashed as each platform does."""

from __future__ import annotations

import hashlib
import re

import phonenumbers

EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
DOTLESS_DOMAINS = {"gmail.com", "googlemail.com"}


def clean_email(email: str | None) -> str | None:
    """Return an e-mail without white space and in lower case; None where it cannot be one."""
    text = "".join((email or "").split()).lower()
    return text if EMAIL.fullmatch(text) and not re.search(r"\S\s+\S", email or "") else None


def clean_phone(phone: str | None, *, country: str) -> str | None:
    """Return a phone number in E.164, `+16505551212`; None where it cannot be one.

    Parameters
    ----------
    country : two letters of the country of numbers that are written without one.

    References
    ----------
    ITU-T E.164; lengths and prefixes by country are those of Google's libphonenumber.
    """
    try:
        number = phonenumbers.parse(phone or "", country)
    except phonenumbers.NumberParseException:
        return None
    # Whether a number is assigned changes from year to year; whether it can be one does not.
    if re.search("[A-Za-z]", phone or "") or not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


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
