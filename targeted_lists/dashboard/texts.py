"""What the page says: texts, names and numbers in one language."""

from __future__ import annotations

import math
from datetime import date
from typing import Any

import pandas as pd

from targeted_lists.common.commands import command
from targeted_lists.dashboard.source import DashboardError, Source

LANGUAGES = ("en", "ru")
TEXTS = "select key, en, ru from core.page_texts order by key"
# What a code is called everywhere; the page's own texts, such as a feature's short name, win.
LABELS = "select 'value.' || kind || '.' || code as key, en, ru from metrics.labels order by key"
UNKNOWN = "\u2013"
MINUS = "\u2212"
NARROW_SPACE = "\u202f"
NO_BREAK_SPACE = "\u00a0"
# What is money: columns, counts, and values by their kind.
MONEY_COLUMNS = {
    *("revenue", "average_order_value", "expected_value", "removed_value", "amount"),
    *("mean_monetary", "value_at_risk", "expected_profit", "profit", "placed", "bought"),
    *("margin_365_days", "mean_margin_365_days", "cumulative_value", "value_at_cut"),
    *("highest_value", "predicted_margin", "actual_margin", "margin_per_customer"),
}
MONEY_COUNTS = {
    *("revenue", "known_revenue", "average_order_value", "expected_margin", "value_at_risk"),
    *("sales_bought", "sales_placed", "clv_margin"),
}
MONEY_VALUES = {
    "metric": {"revenue", "average_order_value", "margin", "returns", "profit"},
    "feature": {"monetary", "average_order_value"},
}


class Texts:
    """The texts of one language.

    Parameters
    ----------
    texts : text by key; a text is a template with `{name}` for what the data say.
    language : one of `LANGUAGES`; it also decides how numbers are written.
    currency : code of the currency of all amounts; nothing where it is not known.
    """

    def __init__(self, texts: dict[str, str], *, language: str, currency: str = "") -> None:
        self.texts = texts
        self.language = language
        self.currency = currency

    def __call__(self, key: str, /, **values: object) -> str:
        """Return a text with its places filled.

        Raises
        ------
        KeyError : there is no such text, or a place of it has no value.
        """
        return self.texts[key].format(**values)

    def column(self, name: str) -> str:
        """Return the name of a column, as on axes and above tables."""
        told = self.texts[f"column.{name}"]
        return self.in_currency(told) if name in MONEY_COLUMNS else told

    def value(self, kind: str, value: Any) -> str:
        """Return the name of a value that the project gives; what comes from the shop stays."""
        if value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
            return self.texts["value.none"]
        told = self.texts.get(f"value.{kind}.{value}", str(value))
        return self.in_currency(told) if value in MONEY_VALUES.get(kind, ()) else told

    def count(self, words: str, *, is_segment: bool = False) -> str:
        """Return what is counted, in words; anonymous customers are in no segment."""
        of_segment = self.texts.get(f"count.{words}.segment")
        return of_segment if is_segment and of_segment else self.texts[f"count.{words}"]

    def in_currency(self, name: str) -> str:
        """Return the name of an amount with the currency, where that is known."""
        return f"{name}, {self.currency}" if self.currency else name

    def money(self, amount: float, decimals: int = 0) -> str:
        """Write an amount with the currency, where that is known, such as 1,234 EUR."""
        written = self.number(amount, decimals)
        has_code = self.currency and written != UNKNOWN
        return f"{written}{NO_BREAK_SPACE}{self.currency}" if has_code else written

    def number(self, number: float, decimals: int = 0) -> str:
        """Write a number, such as 1,234.5 or 1 234,5."""
        if number is None or pd.isna(number):
            return UNKNOWN
        # Sums of the same amounts in another order differ far behind the point.
        written = f"{round(number, 6):,.{decimals}f}".replace("-", MINUS)
        if self.language == "ru":
            written = written.replace(",", NO_BREAK_SPACE).replace(".", ",")
        return written

    def percent(self, share: float, decimals: int | None = None) -> str:
        """Write a share in per cent; one under 10 % with a decimal, unless it is said."""
        if share is None or pd.isna(share):
            return UNKNOWN
        if decimals is None:
            decimals = 1 if 0 < abs(share) < 0.0995 else 0
        return f"{self.number(100 * share, decimals)}{NARROW_SPACE}%"

    def day(self, day: date) -> str:
        """Write a day in the usual form of the language."""
        return f"{day:%d.%m.%Y}" if self.language == "ru" else f"{day:%Y-%m-%d}"


def read_texts(source: Source, language: str, currency: str = "") -> Texts:
    """Read the texts of a language from the published file.

    Parameters
    ----------
    currency : that of the published amounts; nothing where it is not known.

    Raises
    ------
    DashboardError : the file holds no texts, or there is no such language.
    """
    if language not in LANGUAGES:
        raise DashboardError(f"The page speaks {' or '.join(LANGUAGES)}, not {language!r}")
    rows = source.read(TEXTS)
    if rows.empty:
        raise DashboardError(
            "The published file is of an earlier version and holds no texts for the page; "
            f"`{command('lists')}` publishes it again"
        )
    rows = pd.concat([source.read(LABELS), rows], ignore_index=True)
    texts = dict(zip(rows["key"], rows[language], strict=True))
    return Texts(texts, language=language, currency=currency)
