"""The sample's order lines as an online shop's order export: 38 columns in cp1251.

The adapter `order_export` is tested by what it makes of this file: the same tables as the contract
adapter makes of the sample's own files.
"""

# ruff: noqa: RUF001 - the layout is written in Russian.

from __future__ import annotations

import csv
import io
import unicodedata
from collections import defaultdict
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path

from targeted_lists.sample.dirt import RAGGED
from targeted_lists.sample.generate import Sample

FILE_NAME = "order_export.csv"
ENCODING = "cp1251"
STATUSES = {
    "placed": "Принят",
    "delivered": "Доставлен",
    "cancelled": "Отменён",
    "returned": "Возврат",
}
SERVICE_TYPES = {"DELIVERY": "Доставка", "GIFTWRAP": "Подарочная упаковка"}
# How long after the order on the site the shop's own document is written.
DOCUMENT_DELAY = timedelta(minutes=7)
THOUSANDS = "\N{NO-BREAK SPACE}"


def render_order_export(sample: Sample, folder: Path | str) -> Path:
    """Write the order lines of a sample as `order_export.csv`; return its path.

    What the layout has no column for is left out: web, app and phone are one internet shop,
    which has no city, and accents that cp1251 lacks are taken off (`fit_code_page`). Customers
    have a coded phone (`code_phone`). Damaged lines stay damaged, and copies stay copies.

    Parameters
    ----------
    folder : made where missing; a file of that name is overwritten.
    """
    lines = sample.inputs["order_lines"].to_dict("records")
    people = {row["customer_id"]: row for row in sample.inputs["customers"].to_dict("records")}
    people.pop("", None)
    sums = _sum_orders(lines)
    records = [_render_line(line, people, sums[line["order_id"]]) for line in lines]
    rows = [list(record.values()) for record in records]
    truth = sample.truth["line_truth"]
    for source_row, kind, _ in truth[truth["kind"].isin(RAGGED)].itertuples(index=False):
        row = rows[source_row - 1]
        rows[source_row - 1] = [*row, "extra"] if kind == "too_many_fields" else row[:-2]
    text = io.StringIO()
    csv.writer(text, delimiter=";", lineterminator="\r\n").writerows([records[0], *rows])
    path = Path(folder) / FILE_NAME
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(fit_code_page(text.getvalue()).encode(ENCODING))
    return path


def code_phone(customer_id: str) -> str:
    """Return the coded phone of a customer: C00042 has 79000000042; nobody's key stays."""
    return f"79{int(customer_id[1:]):09d}" if customer_id.startswith("C") else customer_id


def fit_code_page(text: str) -> str:
    """Return a text without the accents that cp1251 lacks: Purée becomes Puree."""
    lacking = {
        character for character in set(text) if not character.encode(ENCODING, errors="ignore")
    }
    return text.translate(
        {ord(character): unicodedata.normalize("NFKD", character)[0] for character in lacking}
    )


def _render_line(
    line: dict[str, str], people: dict[str, dict[str, str]], order_sums: dict[str, Decimal]
) -> dict[str, str]:
    """Return the fields of one line by header, in the order of the file."""
    person = people.get(line["customer_id"], {})
    is_service = line["product_id"] in SERVICE_TYPES
    is_store = line["channel"] == "store"
    is_cancelled = line["status"] == "cancelled"
    ordered_at = parse_time(line["ordered_at"])
    site_time = _write_time(line["ordered_at"])
    amount = amount_of(line)
    return {
        "Дата": f"{ordered_at + DOCUMENT_DELAY:%d.%m.%Y %H:%M:%S}"
        if ordered_at and not is_store
        else site_time,
        "ДатаДоставки": _write_time(line["delivered_at"]),
        "НомерЗаказаНаСайте": line["order_id"],
        "НовыйСтатус": STATUSES[line["status"]],
        "СуммаЗаказаНаСайте": _write_number(order_sums["goods"]),
        "СуммаДокумента": _write_number(order_sums["goods"] + order_sums["services"]),
        "МетодДоставки": line["delivery_method"],
        "ФормаОплаты": line["payment_method"],
        "Регион": line["region"],
        "Группа2": line["category_1"],
        "Группа3": line["category_2"],
        "Группа4": line["category_3"],
        "Тип": SERVICE_TYPES.get(line["product_id"], "Обычный"),
        "Номенклатура": line["product_name"],
        "ТипТовара": "Услуга" if is_service else "Товар",
        "Отменено": "Да" if is_cancelled else "Нет",
        "ПричинаОтмены": line["cancel_reason"],
        "Количество": _write_number(line["quantity"]),
        "Цена": _write_number(line["unit_price"]),
        "СуммаСтроки": _write_number(amount),
        "ЦенаЗакупки": _write_number(line["unit_cost"]),
        "МесяцДатыЗаказа": f"{ordered_at.month}" if ordered_at else "",
        "ГодДатыЗаказа": f"{ordered_at.year}" if ordered_at else "",
        "ПВЗ_код": f"PVZ {line['city']}" if line["delivery_method"] == "pickup_point" else "0",
        "Статус": STATUSES["placed"],
        "Гео": line["country"],
        "Маржа": _write_number(_margin_of(line, amount)),
        "СуммаУслуг": _write_number(order_sums["services"]),
        "СуммаДоставки": _write_number(order_sums["delivery"]),
        "НомерСтроки": line["line_number"],
        "КоличествоПроданоКлиенту": _write_number(line["quantity"])
        if line["status"] == "delivered"
        else "0",
        "ДатаЗаказаНаСайте": "" if is_store else site_time,
        "Телефон_new": person.get("phone", line["customer_id"] and "0"),
        "ЭлектроннаяПочта_new": person.get("email", ""),
        "Клиент": code_phone(line["customer_id"]),
        "ID_SKU": line["product_id"],
        "ГородМагазина": line["city"] if is_store else "0",
        "МагазинЗаказа": f"Store {line['city']}" if is_store else "Internet",
    }


def _sum_orders(lines: list[dict[str, str]]) -> dict[str, dict[str, Decimal]]:
    """Return what each order's lines sum to: goods, services, and delivery among these."""
    sums: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for line in lines:
        amount = amount_of(line) or Decimal(0)
        is_service = line["product_id"] in SERVICE_TYPES
        sums[line["order_id"]]["services" if is_service else "goods"] += amount
        if line["product_id"] == "DELIVERY":
            sums[line["order_id"]]["delivery"] += amount
    return sums


def amount_of(line: dict[str, str]) -> Decimal | None:
    """Return the value of a line less its discount, negative for a return; None if unknown."""
    quantity, price = parse_number(line["quantity"]), parse_number(line["unit_price"])
    if quantity is None or price is None:
        return None
    discount = parse_number(line["discount"]) or Decimal(0)
    return quantity * price - discount.copy_sign(quantity)


def _margin_of(line: dict[str, str], amount: Decimal | None) -> Decimal | None:
    quantity, cost = parse_number(line["quantity"]), parse_number(line["unit_cost"])
    return None if amount is None or cost is None else amount - quantity * cost


def parse_number(text: str) -> Decimal | None:
    """Return a number as the contract writes it; None where it is none."""
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def _write_number(value: str | Decimal | None) -> str:
    """Return a number as 1 878,50; what is none keeps its text, with commas for points."""
    number = parse_number(value) if isinstance(value, str) else value
    text = (value or "") if number is None else f"{number:,}".replace(",", THOUSANDS)
    return text.replace(".", ",")


def parse_time(text: str) -> datetime | None:
    """Return a time as the contract writes it; None where it is none."""
    try:
        return datetime.strptime(text, "%Y-%m-%d %H:%M:%S")
    except ValueError:
        return None


def _write_time(text: str) -> str:
    time = parse_time(text)
    return f"{time:%d.%m.%Y %H:%M:%S}" if time else text
