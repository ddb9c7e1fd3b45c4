"""The order lines of the sample as the exports of other platforms have them.

What a layout has no column for is left out. Damaged values stay damaged; exact copies of a line
are left out, since none of the layouts numbers the lines of an order.
"""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

from targeted_lists.sample.generate import Sample
from targeted_lists.sample.order_export import (
    amount_of,
    fit_code_page,
    parse_number,
    parse_time,
)

Line = dict[str, str]
Row = dict[str, str]

SHOPIFY_STATUSES = {"delivered": "paid", "placed": "pending", "cancelled": "voided"}
WOOCOMMERCE_STATUSES = {"delivered": "completed", "placed": "on-hold", "cancelled": "cancelled"}
CURRENCY = "USD"
OFFSET = "-0500"
SHIPPING = Decimal("4.90")


def render_platform(sample: Sample, folder: Path | str, platform: str) -> Path:
    """Write the order lines of a sample as a platform exports them; return the file.

    Parameters
    ----------
    folder : made where missing; a file of that name is overwritten.
    platform : shopify, woocommerce_lines, woocommerce_packed or report_1c.
    """
    render, encoding, name = PLATFORMS[platform]
    path = Path(folder) / name
    path.parent.mkdir(parents=True, exist_ok=True)
    text = render(list(orders_of(sample)), contacts_of(sample))
    path.write_bytes((fit_code_page(text) if encoding == "cp1251" else text).encode(encoding))
    return path


def orders_of(sample: Sample) -> Iterator[list[Line]]:
    """Return the lines of each order as they are written, without copies.

    Lines that were cancelled in an order that was not are gone from it in such exports.
    """
    lines = sample.inputs["order_lines"].to_dict("records")
    seen: set[tuple[str, ...]] = set()
    unique = []
    for line in lines:
        key = tuple(line.values())
        if key not in seen:
            seen.add(key)
            unique.append(line)
    grouped: dict[str, list[Line]] = {}
    for line in unique:
        grouped.setdefault(line["order_id"], []).append(line)
    for order in grouped.values():
        kept = [line for line in order if line["status"] != "cancelled"]
        yield kept or order


def contacts_of(sample: Sample) -> dict[str, Line]:
    """Return e-mail and phone of each customer."""
    rows = sample.inputs["customers"].to_dict("records")
    return {row["customer_id"]: row for row in rows if row["customer_id"]}


def render_shopify(orders: list[list[Line]], contacts: dict[str, Line]) -> str:
    """Return an orders export: what belongs to the order stands on its first line alone."""
    rows: list[Row] = []
    for order in orders:
        returned = sum(
            (value_of(line) for line in order if line["status"] == "returned"), Decimal()
        )
        total = sum_of(order)
        for number, line in enumerate(order):
            row = {
                "Name": line["order_id"],
                "Created at": with_offset(line["ordered_at"]),
                "Lineitem quantity": line["quantity"],
                "Lineitem name": line["product_name"],
                "Lineitem price": line["unit_price"],
                "Lineitem sku": line["product_id"],
                "Lineitem discount": line["discount"],
            }
            if number == 0:
                contact = contacts.get(line["customer_id"], {})
                row |= {
                    "Email": contact.get("email") or line["customer_id"],
                    "Financial Status": SHOPIFY_STATUSES[status_of(order)],
                    "Currency": CURRENCY,
                    "Subtotal": f"{total:.2f}",
                    "Shipping": f"{SHIPPING}",
                    "Total": f"{total + SHIPPING:.2f}",
                    "Shipping Method": line["delivery_method"],
                    "Shipping City": line["city"],
                    "Shipping Province": line["region"],
                    "Shipping Country": line["country"],
                    "Payment Method": line["payment_method"],
                    "Refunded Amount": f"{returned:.2f}",
                    "Source": line["channel"],
                }
            rows.append(row)
    names = list(dict.fromkeys(name for row in rows for name in row))
    return write_rows(rows, names)


def render_woocommerce_lines(orders: list[list[Line]], contacts: dict[str, Line]) -> str:
    """Return a row for each line, with the totals of the order on each."""
    rows = []
    for order in orders:
        total = sum_of(order)
        for line in order:
            contact = contacts.get(line["customer_id"], {})
            value = parse_number(line["quantity"]) is not None and parse_number(line["unit_price"])
            rows.append(
                {
                    "order_id": line["order_id"],
                    "ordered_at": day_first(line["ordered_at"]),
                    "status": WOOCOMMERCE_STATUSES[status_of(order)],
                    "customer_id": line["customer_id"] or "0",
                    "customer_email": contact.get("email", ""),
                    "product_id": line["product_id"],
                    "product_name": line["product_name"],
                    "quantity": line["quantity"],
                    "item_subtotal": line["unit_price"],
                    "item_total": f"{value_of(line):.2f}" if value else line["unit_price"],
                    "item_refunded": f"{value_of(line):.2f}"
                    if line["status"] == "returned"
                    else "0",
                    "shipping_total": f"{SHIPPING}",
                    "order_total": f"{total + SHIPPING:.2f}",
                    "order_currency": CURRENCY,
                    "payment_method": line["payment_method"],
                    "country": line["country"],
                }
            )
    return write_rows(rows, list(rows[0]))


def render_woocommerce_packed(orders: list[list[Line]], contacts: dict[str, Line]) -> str:
    """Return a row for each order, its lines packed into one cell."""
    rows = []
    for order in orders:
        first = order[0]
        total = sum_of(order)
        contact = contacts.get(first["customer_id"], {})
        rows.append(
            {
                "order_id": first["order_id"],
                "order_date": day_first(first["ordered_at"]),
                "status": WOOCOMMERCE_STATUSES[status_of(order)],
                "shipping_total": f"{SHIPPING}",
                "fee_total": "0",
                "tax_total": "0",
                "order_total": f"{total + SHIPPING:.2f}",
                "order_currency": CURRENCY,
                "payment_method": first["payment_method"],
                "shipping_method": first["delivery_method"],
                "customer_id": first["customer_id"] or "0",
                "billing_email": contact.get("email", ""),
                "billing_country": first["country"],
                "line_items": ";".join(
                    f"name:{line['product_name']}|sku:{line['product_id']}"
                    f"|quantity:{line['quantity']}|total:{value_of(line):.2f}"
                    for line in order
                ),
            }
        )
    return write_rows(rows, list(rows[0]))


def render_report_1c(orders: list[list[Line]], contacts: dict[str, Line]) -> str:
    """Return a report of sales: titles, documents in words, a row of totals."""
    names = ["Контрагент", "Документ", "Номенклатура", "Артикул", "Количество", "Цена", "Сумма"]
    rows = []
    for line in itertools.chain.from_iterable(orders):
        if line["status"] == "cancelled":
            continue
        value = value_of(line)
        rows.append(
            {
                "Контрагент": contacts.get(line["customer_id"], {}).get("email", "")
                or line["customer_id"],
                "Документ": (
                    f"Реализация товаров {line['order_id']} от {points(line['ordered_at'])}"
                ),
                "Номенклатура": line["product_name"],
                "Артикул": line["product_id"],
                "Количество": comma(line["quantity"]),
                "Цена": comma(line["unit_price"]),
                "Сумма": comma(f"{value:.2f}"),
            }
        )
    titles = "Продажи за период;;;;;;\n;;;;;;\n"
    return titles + write_rows(rows, names, delimiter=";") + "Итого;;;;;;\n"


def write_rows(rows: list[Row], names: list[str], *, delimiter: str = ",") -> str:
    """Return rows as a CSV text with a header."""
    text = io.StringIO()
    writer = csv.DictWriter(text, names, restval="", delimiter=delimiter, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def status_of(order: list[Line]) -> str:
    """Return the status of an order as a whole: returned lines are refunded, not its status."""
    statuses = {line["status"] for line in order}
    if statuses == {"cancelled"}:
        return "cancelled"
    return "placed" if statuses == {"placed"} else "delivered"


def value_of(line: Line) -> Decimal:
    """Return the value of a line after its discount; 0 where a number is damaged."""
    return amount_of(line) or Decimal()


def sum_of(lines: list[Line]) -> Decimal:
    """Return the value of some lines together."""
    return sum((value_of(line) for line in lines), Decimal())


def with_offset(text: str) -> str:
    """Return a time with the shop's offset; what is none keeps its text."""
    return f"{text} {OFFSET}" if parse_time(text) else text


def day_first(text: str) -> str:
    """Return a time as 9/6/2026 6:29:00; what is none keeps its text."""
    time = parse_time(text)
    return f"{time.day}/{time.month}/{time:%Y} {time.hour}:{time:%M:%S}" if time else text


def points(text: str) -> str:
    """Return a time as 01.03.2026 12:00:00; what is none keeps its text."""
    time = parse_time(text)
    return f"{time:%d.%m.%Y %H:%M:%S}" if time else text


def comma(text: str) -> str:
    """Return a number with blanks before thousands and a comma before decimals."""
    number = parse_number(text)
    return text if number is None else f"{number:,}".replace(",", " ").replace(".", ",")


Render = Callable[[list[list[Line]], dict[str, Line]], str]
PLATFORMS: dict[str, tuple[Render, str, str]] = {
    "shopify": (render_shopify, "utf-8", "orders_export_1.csv"),
    "woocommerce_lines": (render_woocommerce_lines, "utf-8", "order_lines.csv"),
    "woocommerce_packed": (render_woocommerce_packed, "utf-8", "orders.csv"),
    "report_1c": (render_report_1c, "cp1251", "sales.csv"),
}
