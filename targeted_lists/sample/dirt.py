"""Lines and rows as in the files: texts, numbered, with the planted dirt."""

from __future__ import annotations

import numpy as np
import pandas as pd

from targeted_lists.sample.people import MALFORMED_EMAILS, MALFORMED_PHONES

LINE_COLUMNS = [
    "order_id",
    "line_number",
    "customer_id",
    "ordered_at",
    "delivered_at",
    "status",
    "cancel_reason",
    "product_id",
    "product_name",
    "category_1",
    "category_2",
    "category_3",
    "quantity",
    "unit_price",
    "unit_cost",
    "discount",
    "channel",
    "delivery_method",
    "payment_method",
    "country",
    "region",
    "city",
]

RAGGED = ("too_many_fields", "too_few_fields")
"""Kinds that are not in the frame: the writer adds or leaves out fields of these rows."""

# Kind, how many lines, the column that is spoilt, what stands there instead.
_DAMAGE = (
    ("bad_quantity", 8, "quantity", ("abc", "two", "1.5.0", "?")),
    ("bad_price", 8, "unit_price", ("n/a", "free", "12.9.9", "#REF!")),
    ("bad_date", 6, "ordered_at", ("2025-13-45 10:00:00", "2026-02-30 12:30:00", "yesterday")),
    ("missing_product", 8, "product_id", ("",)),
    ("missing_order", 5, "order_id", ("",)),
    ("future_date", 5, "ordered_at", ("2099-12-31 23:59:00", "2099-01-01 08:15:00")),
    ("negative_price", 6, "unit_price", ("-4.99", "-19.00")),
    ("too_many_fields", 5, None, ()),
    ("too_few_fields", 5, None, ()),
)
_DUPLICATE_SHARE = 0.003


def format_cents(cents: pd.Series) -> pd.Series:
    """Return amounts of whole cents as texts with two decimals; missing ones empty."""
    texts = {value: f"{value / 100:.2f}" for value in cents.dropna().unique()}
    return cents.map(texts).fillna("").astype(object)


def format_times(times: pd.Series) -> pd.Series:
    """Return times as `YYYY-MM-DD HH:MM:SS`; missing ones empty."""
    return times.dt.strftime("%Y-%m-%d %H:%M:%S").fillna("").astype(object)


def format_rows(frame: pd.DataFrame, *, money: tuple[str, ...] = ()) -> pd.DataFrame:
    """Return the frame as texts: missing = empty, times and money in the files' formats."""
    texts = {}
    for name, column in frame.items():
        if name in money:
            texts[name] = format_cents(column)
        elif pd.api.types.is_datetime64_any_dtype(column):
            texts[name] = format_times(column)
        else:
            texts[name] = column.astype(object).where(column.notna(), "").map(str)
    return pd.DataFrame(texts, dtype=object)


def number_lines(
    rng: np.random.Generator, *, lines: pd.DataFrame, customer_ids: pd.Series
) -> pd.DataFrame:
    """Sort lines by time, number orders and lines, and write them as texts.

    Parameters
    ----------
    lines : as `write_lines` returns them.
    customer_ids : by row number of the buyer.

    Returns
    -------
    pandas.DataFrame : the columns of the input `order_lines` as texts, with `kinds` (separated
        by blanks), `sale` (row number of the sale that comes back, else -1), `campaign_id`.
        Withheld orders are left out; the numbers of the others are those that they have next to
        them.
    """
    # Each return is an order of its own.
    order = np.where(lines["order"] >= 0, lines["order"], lines["order"].max() + 1 + lines.index)
    lines = lines.assign(order=order, row=np.arange(len(lines)))
    lines = lines.sort_values(["ordered_at", "order"], kind="stable", ignore_index=True)
    new_row = pd.Series(lines.index, index=lines["row"])
    lines["sale"] = lines["sale"].map(new_row).fillna(-1).astype(int)
    lines["order_id"] = [f"O{100_001 + i}" for i in pd.factorize(lines["order"])[0]]
    lines["line_number"] = lines.groupby("order").cumcount() + 1
    is_anonymous = (lines["buyer"] < 0).to_numpy()
    nobody = np.where(rng.permutation(lines["order"].max() + 1)[lines["order"]] % 2, "", "0")
    lines["customer_id"] = np.where(is_anonymous, nobody, lines["buyer"].map(customer_ids))
    marks = [
        lines["kinds"],
        np.where(is_anonymous, "anonymous", ""),
        np.where(lines["status"].isin(["cancelled", "returned"]), lines["status"], ""),
    ]
    kinds = [" ".join(filter(None, parts)) for parts in zip(*marks, strict=True)]
    texts = format_rows(lines[LINE_COLUMNS], money=("unit_price", "unit_cost", "discount"))
    texts["discount"] = texts["discount"].replace("0.00", "")
    texts = texts.assign(
        kinds=kinds, sale=lines["sale"], campaign_id=lines["campaign_id"].astype(object)
    )
    texts = texts[~lines["is_withheld"]]
    new_row = pd.Series(range(len(texts)), index=texts.index)
    return texts.assign(sale=texts["sale"].map(new_row).fillna(-1).astype(int)).reset_index(
        drop=True
    )


def spoil_lines(
    rng: np.random.Generator, *, lines: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Plant damaged lines and exact duplicates.

    Only ordinary lines of orders with four lines or more are damaged, at most one an order, so
    that no order, return or effect of a campaign depends on them.

    Parameters
    ----------
    lines : as `number_lines` returns them.

    Returns
    -------
    lines : the columns of the input `order_lines`, as in the file but for ragged rows.
    truth : `source_row` (1 = first row after the header), `kind`, `related_row` (the original
        of a duplicate, the sale of a return, else missing), ordered by both.
    """
    lines = lines.copy()
    size = lines.groupby("order_id")["order_id"].transform("size")
    is_plain = (lines["kinds"] == "") & ~lines.index.isin(lines["sale"])
    fit = lines[is_plain & (size >= 4) & lines["campaign_id"].isna()]
    fit = fit.drop_duplicates("order_id").index.to_numpy()
    victims = rng.choice(fit, size=sum(count for _, count, _, _ in _DAMAGE), replace=False)
    for kind, count, column, texts in _DAMAGE:
        chosen, victims = victims[:count], victims[count:]
        lines.loc[chosen, "kinds"] = kind
        if column:
            lines.loc[chosen, column] = [texts[i % len(texts)] for i in range(count)]
    whole = np.flatnonzero(~lines["kinds"].str.contains("_|return"))
    count = round(_DUPLICATE_SHARE * len(lines))
    originals = np.sort(rng.choice(whole, size=count, replace=False))
    copies = lines.iloc[originals].copy()
    copies["kinds"] = (copies["kinds"] + " duplicate").str.strip()
    # A copy follows its original within forty lines, as when a batch is sent twice.
    position = np.concatenate(
        [np.arange(len(lines)), originals + rng.integers(0, 40, count) + 0.5]
    )
    source = np.concatenate([lines["sale"], originals])
    merged = pd.concat([lines, copies]).assign(position=position, source=source)
    merged["row"] = np.concatenate([np.arange(len(lines)), np.full(count, -1)])
    merged = merged.sort_values(["position", "source"], kind="stable", ignore_index=True)
    file_row = pd.Series(merged.index + 1, index=merged["row"])
    file_row = file_row[file_row.index >= 0]
    kinds = merged["kinds"].str.split().explode().dropna()
    truth = pd.DataFrame({"source_row": kinds.index + 1, "kind": kinds.to_numpy()})
    has_source = truth["kind"].isin(["return", "duplicate"])
    related = merged["source"].map(file_row).reindex(truth["source_row"] - 1)
    truth["related_row"] = pd.Series(related.to_numpy()).where(has_source).astype("Int64")
    truth = truth.sort_values(["source_row", "kind"], ignore_index=True)
    return merged[LINE_COLUMNS], truth


def spoil_inputs(
    rng: np.random.Generator, *, inputs: dict[str, pd.DataFrame]
) -> tuple[dict[str, pd.DataFrame], pd.DataFrame]:
    """Plant a few bad rows in the other inputs.

    Parameters
    ----------
    inputs : frames of texts by name of the input.

    Returns
    -------
    inputs : with the bad rows.
    truth : `input`, `source_row` (1 = first row after the header) and `kind`.
    """
    spoilt = dict(inputs)
    planted = []

    def append(name: str, kind: str, rows: pd.DataFrame) -> None:
        first = len(spoilt[name]) + 1
        spoilt[name] = pd.concat([spoilt[name], rows], ignore_index=True)
        planted.extend((name, first + i, kind) for i in range(len(rows)))

    def overwrite(name: str, kind: str, column: str, texts: list[str]) -> None:
        rows = np.sort(rng.choice(len(inputs[name]) // 2, size=len(texts), replace=False))
        spoilt[name] = spoilt[name].copy()
        spoilt[name].loc[rows, column] = texts
        planted.extend((name, row + 1, kind) for row in rows)

    def copy_rows(name: str, count: int) -> pd.DataFrame:
        # From the other half than `overwrite`, so that a copy stays one.
        half = len(inputs[name]) // 2
        return inputs[name].iloc[half + np.sort(rng.choice(half, count, replace=False))]

    overwrite("customers", "bad_birth_year", "birth_year", ["unknown", "19x5", "MCMLXX", "-"])
    overwrite("site_activity", "bad_visits", "visits", ["many", "1e", "?"])
    append("customers", "duplicate", copy_rows("customers", 3))
    append("customers", "missing_customer", copy_rows("customers", 1).assign(customer_id=""))
    append("products", "duplicate", copy_rows("products", 1))
    append("consents", "missing_customer", copy_rows("consents", 2).assign(customer_id=""))
    unknown = ["C99991", "C99992", "C99993"]
    append("consents", "unknown_customer", copy_rows("consents", 3).assign(customer_id=unknown))
    append(
        "suppressions",
        "unknown_customer",
        copy_rows("suppressions", 1).assign(customer_id="C99994"),
    )
    append("site_activity", "duplicate", copy_rows("site_activity", 2))
    people = spoilt["customers"]
    for kind, is_planted in (
        ("malformed_email", people["email"].isin(MALFORMED_EMAILS)),
        ("malformed_phone", people["phone"].isin(MALFORMED_PHONES)),
        ("minor", pd.to_numeric(people["birth_year"], errors="coerce") > 2008),
    ):
        planted.extend(("customers", row + 1, kind) for row in np.flatnonzero(is_planted))
    truth = pd.DataFrame(planted, columns=["input", "source_row", "kind"])
    return spoilt, truth.sort_values(["input", "source_row", "kind"], ignore_index=True)
