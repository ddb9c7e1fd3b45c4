"""Contacts as the tools that receive them want them: whole, or hashed as each platform does."""

from __future__ import annotations

import hashlib
import re

import phonenumbers
from email_validator import EmailNotValidError, validate_email

# The last four are wide forms of the first.
FORMULA_SIGNS = (*"=+-@\t\r\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
DOTLESS_DOMAINS = {"gmail.com", "googlemail.com"}


def clean_email(email: str | None) -> str | None:
    """Return an e-mail without white space and in lower case; None where it cannot be one.

    References
    ----------
    RFC 5321, 5322 and 6531 as the library email-validator has them; nobody is asked whether the
    domain exists. Domains for tests and examples (RFC 2606) are taken, local ones are not.
    """
    try:
        checked = validate_email(
            (email or "").strip(),
            check_deliverability=False,
            test_environment=True,
            globally_deliverable=False,
        )
    except EmailNotValidError:
        return None
    return checked.normalized.lower() if "." in checked.domain else None


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
