"""What a contact is, however it is written: the address by which two texts are one.

The two libraries take a while to import, so they are imported when the first contact is met. Some
20 microseconds go into a text, and each is read once
(models/intermediate/identity/int_contact_addresses.sql).
"""

from __future__ import annotations

import re
from importlib.metadata import version

import duckdb

DOTLESS_DOMAINS = {"gmail.com", "googlemail.com"}
# What is typed where a person gives no address.
NOBODY = {"noreply", "no-reply", "donotreply", "do-not-reply", "none", "noemail", "no-email"}
RULES = 1
"""Number of the rules of `contact_address`; another one makes every text be read again."""


def clean_email(email: str | None) -> str | None:
    """Return an e-mail without white space and in lower case; None where it cannot be one.

    References
    ----------
    RFC 5321, 5322 and 6531 as the library email-validator has them; nobody is asked whether the
    domain exists. Domains for tests and examples (RFC 2606) are taken, local ones are not.
    """
    from email_validator import EmailNotValidError, validate_email

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
    import phonenumbers

    try:
        number = phonenumbers.parse(phone or "", country)
    except phonenumbers.NumberParseException:
        return None
    # Whether a number is assigned changes from year to year; whether it can be one does not.
    if re.search("[A-Za-z]", phone or "") or not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def contact_address(text: str | None, country: str) -> str | None:
    """Return the address that a text means; None where it means none, or nobody's.

    An e-mail is in lower case and, where Google hosts it, without the dots before @ and what
    follows a plus, which only there are the same mailbox; a phone is in E.164. Which of both a
    text is, it tells itself: an e-mail in the column of phones is an e-mail. Addresses that are
    typed for nobody (noreply@…, a number of one digit repeated) are none.

    Parameters
    ----------
    country : two letters of the country of numbers that are written without one.

    Returns
    -------
    An e-mail, or a phone that begins with a plus.

    Examples
    --------
    >>> contact_address(" Ann.Lee+news@GoogleMail.com", "US")
    'annlee@gmail.com'
    >>> contact_address("Ann.Lee+news@example.com", "US")
    'ann.lee+news@example.com'
    >>> contact_address("(415) 555-2671", "US")
    '+14155552671'
    >>> contact_address("noreply@example.com", "US") is None
    True
    >>> contact_address("000 000 0000", "US") is None
    True
    """
    if "@" not in (text or ""):
        phone = clean_phone((text or "").lstrip("'"), country=country)
        return None if phone is None or is_one_digit(phone) else phone
    email = clean_email(text)
    if email is None:
        return None
    name, _, domain = email.partition("@")
    if name in NOBODY:
        return None
    if domain in DOTLESS_DOMAINS:
        return f"{name.partition('+')[0].replace('.', '')}@gmail.com"
    return email


def is_one_digit(phone: str) -> bool:
    """Return whether a phone is one digit repeated behind the code of its country."""
    import phonenumbers

    if not re.search(r"(\d)\1{6,}$", phone):
        return False
    return len(set(str(phonenumbers.parse(phone).national_number))) == 1


def contact_rules() -> str:
    """Return what the addresses of texts hang on besides the texts and the country."""
    libraries = " ".join(version(name) for name in ("email-validator", "phonenumbers"))
    return f"{RULES} {libraries}"


def give_contacts(connection: duckdb.DuckDBPyConnection) -> None:
    """Lend SQL `contact_address(text, country)` and `contact_rules()`."""
    connection.create_function(
        "contact_address",
        contact_address,
        ["VARCHAR", "VARCHAR"],
        "VARCHAR",
        null_handling="special",
    )
    connection.create_function("contact_rules", contact_rules, [], "VARCHAR")
