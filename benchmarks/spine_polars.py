"""The spine in polars, lazily and by its streaming engine, stage by stage.

`python benchmarks/spine_polars.py lines SOURCE FOLDER` reads the raw files of SOURCE and writes
`lines.parquet` to FOLDER; `orders`, `pivots` and `rfm` read what the stages before them wrote.
The rules and the tables are those of `spine_pandas.py`.
"""

from __future__ import annotations

import csv
import gzip
import json
import re
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl
from stages import run_stage

ROOT = Path(__file__).resolve().parents[1]
BASES = ("placed", "bought")
MEASURES = ("units", "revenue", "margin")
PLACES = ("channel", "delivery_method", "payment_method", "country", "region", "city")
CATEGORIES = ("category_1", "category_2", "category_3")
UCI_COLUMNS = {
    "InvoiceNo": "order_id",
    "StockCode": "product_id",
    "Quantity": "quantity",
    "InvoiceDate": "ordered_at",
    "UnitPrice": "unit_price",
    "CustomerID": "customer_id",
    "Description": "product_name",
    "Country": "country",
}


def scan_source(source: Path, name: str) -> pl.LazyFrame:
    """Scan an input of a contract dataset, one file or several."""
    if [*source.glob(f"{name}*.parquet")]:
        return pl.scan_parquet(source / f"{name}*.parquet")
    return pl.scan_csv(source / f"{name}*.csv", try_parse_dates=True)


def scan_lines(source: Path) -> tuple[pl.LazyFrame, pl.LazyFrame]:
    """Scan raw order lines and products, with every column that the spine asks for."""
    if uci := [*source.glob("online_retail.csv*")]:
        texts = ("InvoiceNo", "StockCode", "CustomerID", "Description", "Country")
        types = dict.fromkeys(texts, pl.String) | {"Quantity": pl.Float64}
        raw = uci[0].read_bytes()
        # Compressed files in this encoding polars 2.1 does not read by itself.
        raw = gzip.decompress(raw) if uci[0].suffix == ".gz" else raw
        lines = pl.read_csv(raw.decode("latin-1").encode(), schema_overrides=types).lazy()
        lines = lines.rename(UCI_COLUMNS).with_columns(
            pl.col("ordered_at").str.to_datetime("%m/%d/%Y %H:%M"),
            pl.col("order_id", "product_id", "product_name", "customer_id").str.strip_chars(),
        )
        products = pl.LazyFrame(schema={"product_id": pl.String, "unit_cost": pl.Float64})
    else:
        lines, products = scan_source(source, "order_lines"), scan_source(source, "products")
    lines = add_missing(lines, ("customer_id", "status", *PLACES), pl.String)
    lines = add_missing(lines, ("discount",), pl.Float64)
    products = add_missing(products, CATEGORIES, pl.String)
    numbers = pl.col("quantity", "unit_price", "discount").cast(pl.Float64)
    cost = pl.col("unit_cost").cast(pl.Float64)
    return lines.with_columns(numbers), products.select("product_id", *CATEGORIES, cost)


def add_missing(rows: pl.LazyFrame, names: tuple[str, ...], kind: type) -> pl.LazyFrame:
    """Add the columns that a frame lacks."""
    held = rows.collect_schema().names()
    return rows.with_columns(
        pl.lit(None, dtype=kind).alias(name) for name in names if name not in held
    )


def service_pattern(adapter: str) -> str:
    """Return the codes of services as one regular expression."""
    with (ROOT / "seeds" / "service_codes.csv").open(encoding="utf-8", newline="") as rows:
        codes = [row["code_pattern"] for row in csv.DictReader(rows) if row["adapter"] == adapter]
    wild = (re.escape(code).replace("%", ".*").replace("_", ".") for code in codes)
    return f"^(?:{'|'.join(wild)})$"


def make_lines(source: Path, folder: Path) -> None:
    """Clean the raw lines, match returns to their sales, and value both bases."""
    lines, products = scan_lines(source)
    adapter = "online_retail" if [*source.glob("online_retail*")] else "contract"
    moment = pl.col("ordered_at").dt.epoch("ms")
    last = lines.select(moment.quantile(0.999, "linear")).collect(engine="streaming").item()
    needed = ["order_id", "ordered_at", "product_id", "quantity", "unit_price"]
    quantity, price = pl.col("quantity"), pl.col("unit_price")
    is_service = pl.col("product_id").str.contains(service_pattern(adapter))
    clean = (
        lines.drop_nulls(needed)
        .filter(price >= 0, moment <= last + 366 * 86_400_000)
        .with_row_index("line")
    )
    columns = [name for name in clean.collect_schema().names() if name != "line"]
    clean = (
        clean.unique(columns, keep="first")
        .with_columns(
            pl.col("status").str.to_lowercase().fill_null("delivered"),
            pl.col("discount").fill_null(0),
            customer_id=pl.when(pl.col("customer_id") != "0").then(pl.col("customer_id")),
        )
        .with_columns(
            amount=(quantity * price - quantity.sign() * pl.col("discount")).round(4),
            is_modelled=(quantity != 0) & (price != 0) & ~is_service,
        )
        .select(
            *("line", "order_id", "customer_id", "product_id", "ordered_at", "status"),
            *("quantity", "discount", "amount", "is_modelled", *PLACES),
        )
        .collect(engine="streaming")
    )
    returned = match_returns(clean.lazy()).collect(engine="streaming")
    returned.write_parquet(folder / "returns.parquet")
    as_of = clean["ordered_at"].max().replace(hour=0, minute=0, second=0) + timedelta(days=1)
    revenue = pl.col("amount") - pl.col("returned_revenue")
    left = quantity - pl.col("returned_quantity")
    valued = (
        clean.lazy()
        .filter("is_modelled")
        .join(returned.lazy(), on="line", how="left")
        .join(products, on="product_id", how="left")
        .with_columns(
            pl.col("returned_quantity", "returned_revenue").fill_null(0),
            is_placed=(quantity > 0) & (pl.col("status") != "cancelled"),
            is_return=(quantity < 0) & (pl.col("status") != "cancelled"),
        )
        .with_columns(
            is_bought=pl.col("is_placed")
            & (pl.col("status") == "delivered")
            & (pl.col("ordered_at") < as_of)
            & ((left > 0) | (pl.col("returned_revenue") < pl.col("amount")))
        )
    )
    is_placed, is_bought = pl.col("is_placed"), pl.col("is_bought")
    cost = pl.col("unit_cost")
    valued = valued.with_columns(
        placed_units=pl.when(is_placed).then(quantity).otherwise(0),
        placed_revenue=pl.when(is_placed).then(pl.col("amount")).otherwise(0),
        placed_margin=pl.when(is_placed).then((pl.col("amount") - cost * quantity).round(4)),
        bought_units=pl.when(is_bought).then(left).otherwise(0),
        bought_revenue=pl.when(is_bought).then(revenue.round(4)).otherwise(0),
        bought_margin=pl.when(is_bought).then((revenue - cost * left).round(4)),
        refund=pl.when("is_return").then(-pl.col("amount")).otherwise(0),
    ).drop("unit_cost", "amount", "is_modelled", "returned_quantity", "returned_revenue")
    valued.sink_parquet(folder / "lines.parquet")
    (folder / "as_of.json").write_text(json.dumps(as_of.isoformat()), encoding="utf-8")


def match_returns(lines: pl.LazyFrame) -> pl.LazyFrame:
    """Match returned units to the earliest sales before them; units and revenue by sale."""
    keys = ["customer_id", "product_id", "is_free"]
    known = lines.filter(
        pl.col("customer_id").is_not_null(),
        pl.col("status") != "cancelled",
        pl.col("quantity") != 0,
    ).with_columns(is_free=pl.col("quantity").sign() * pl.col("amount") <= 0)
    returned = known.filter(pl.col("quantity") < 0).select(keys).unique()
    sold, back = pl.col("quantity").clip(lower_bound=0), (-pl.col("quantity")).clip(lower_bound=0)
    taken = (
        known.select(*keys, "line", "ordered_at", "quantity", "amount")
        .join(returned, on=keys, how="semi")
        .with_columns(is_return=pl.col("quantity") < 0)
        .sort(*keys, "ordered_at", "is_return", "line")
        .with_columns(sold=sold.cum_sum().over(keys), back=back.cum_sum().over(keys))
        .with_columns(
            taken=pl.col("back")
            - (pl.col("back") - pl.col("sold")).clip(lower_bound=0).cum_max().over(keys)
        )
        .with_columns(taken_from=pl.col("taken").shift(1, fill_value=0).over(keys))
    )
    backs = taken.filter("is_return", pl.col("taken") > pl.col("taken_from"))
    sales = taken.filter(~pl.col("is_return")).select(*keys, "line", "sold", "quantity", "amount")
    units = pl.min_horizontal("sold", "taken") - pl.max_horizontal(
        pl.col("sold") - pl.col("quantity"), "taken_from"
    )
    backs = backs.select(
        *keys,
        *("taken_from", "taken"),
        back_line="line",
        price=pl.col("amount") / pl.col("quantity"),
    )
    so_far, price = pl.col("so_far"), pl.col("price")
    # A return takes its own amount, parted by units, and at most what the sale has left.
    return (
        sales.join(backs, on=keys)
        .with_columns(units=units)
        .filter(pl.col("units") > 0)
        .sort("back_line", "line")
        .with_columns(so_far=pl.col("units").cum_sum().over("back_line"))
        .with_columns(
            revenue=(price * so_far).round(4) - (price * (so_far - pl.col("units"))).round(4)
        )
        .group_by("line")
        .agg(
            returned_quantity=pl.col("units").sum(),
            returned_revenue=pl.min_horizontal(
                pl.col("revenue").sum(), pl.col("amount").first()
            ).round(4),
        )
    )


def sum_known(column: str) -> pl.Expr:
    """Return the sum of a column, null where nothing in it is known."""
    known = pl.col(column)
    return pl.when(known.is_not_null().any()).then(known.sum().round(4)).alias(column)


def make_orders(source: Path, folder: Path) -> None:
    """Sum the lines of each order; its customer and place are those of its first line."""
    lines = pl.scan_parquet(folder / "lines.parquet")
    firsts = [
        pl.col(name).sort_by("line").drop_nulls().first() for name in ("customer_id", *PLACES)
    ]
    if lines.select(pl.col("line").diff().min() > 0).collect(engine="streaming").item():
        firsts = [pl.col(name).drop_nulls().first() for name in ("customer_id", *PLACES)]
    orders = lines.group_by("order_id").agg(
        *firsts,
        pl.len().alias("lines"),
        *(pl.col(f"is_{basis}").sum().alias(f"{basis}_lines") for basis in BASES),
        *(pl.col(f"is_{basis}").any() for basis in BASES),
        *(sum_known(f"{basis}_{measure}") for basis in BASES for measure in MEASURES),
        pl.col("refund").sum().round(4),
        pl.col("ordered_at").min(),
    )
    orders.sink_parquet(folder / "orders.parquet")


def labels(moment: pl.Expr) -> dict[str, pl.Expr]:
    """Return the labels of moments by month, week, day, weekday and hour."""
    return {
        "month": moment.dt.strftime("%Y-%m"),
        "week": moment.dt.truncate("1w").dt.strftime("%Y-%m-%d"),
        "day": moment.dt.strftime("%Y-%m-%d"),
        "weekday": moment.dt.strftime("%u %A"),
        "hour": moment.dt.strftime("%H"),
    }


def make_pivots(source: Path, folder: Path) -> None:
    """Sum the lines by each dimension, and orders and lines by customer."""
    lines = pl.scan_parquet(folder / "lines.parquet")
    moment = pl.col("ordered_at")
    geography = pl.concat_str("country", "region", "city", separator=" / ", ignore_nulls=True)
    dimensions = {
        **labels(moment),
        **{name: pl.col(name) for name in (*CATEGORIES, *PLACES)},
        "product": pl.col("product_id"),
        "geography": pl.when(geography != "").then(geography),
    }
    pivots = []
    for dimension, member in dimensions.items():
        pivot = pivot_sales(lines, dimension, member)
        if pivot["member"].is_not_null().any():
            pivots.append(pivot.with_columns(pl.col("member").fill_null("unknown")))
    pl.concat(pivots).write_parquet(folder / "sales_pivot.parquet")
    pivot_customers(folder).sink_parquet(folder / "customer_pivot.parquet")


def pivot_sales(lines: pl.LazyFrame, dimension: str, member: pl.Expr) -> pl.DataFrame:
    """One row per basis and member of a dimension."""
    named = lines.with_columns(member=member)
    if dimension in labels(member):
        # Texts of moments are made of the few hours that there are, not of every line.
        hour = pl.col("ordered_at").dt.truncate("1h").alias("hour")
        texts = lines.select(hour).unique().with_columns(member=labels(pl.col("hour"))[dimension])
        named = lines.with_columns(hour).join(texts, on="hour", how="left")
    sums = [
        expression
        for basis in BASES
        for expression in (
            pl.col(f"is_{basis}").sum().alias(f"{basis}_lines"),
            pl.col("order_id").filter(f"is_{basis}").n_unique().alias(f"{basis}_orders"),
            pl.col("customer_id")
            .filter(f"is_{basis}")
            .drop_nulls()
            .n_unique()
            .alias(f"{basis}_customers"),
            *(sum_known(f"{basis}_{measure}") for measure in MEASURES),
        )
    ]
    summed = (
        named.group_by("member")
        .agg(*sums, pl.col("refund").sum().round(4).alias("returns_amount"))
        .collect(engine="streaming")
    )
    columns = ("orders", "customers", "lines", *MEASURES)
    return pl.concat(
        summed.select(
            pl.lit(basis).alias("basis"),
            pl.lit(dimension).alias("dimension"),
            "member",
            *(pl.col(f"{basis}_{name}").alias(name) for name in columns),
            "returns_amount",
        ).filter((pl.col("orders") > 0) | (pl.col("returns_amount") != 0))
        for basis in BASES
    )


def prefer(rows: pl.LazyFrame, column: str, weight: pl.Expr, name: str) -> pl.LazyFrame:
    """Return by customer the member with most weight; the last by name of equals."""
    return (
        rows.filter(pl.col(column).is_not_null())
        .group_by("customer_id", column)
        .agg(weight=weight)
        .sort("customer_id", "weight", column)
        .group_by("customer_id", maintain_order=True)
        .agg(pl.col(column).last().alias(name))
    )


def pivot_customers(folder: Path) -> pl.LazyFrame:
    """One row per customer who placed an order: sums, gaps, preferences and shares."""
    lines = pl.scan_parquet(folder / "lines.parquet").filter("is_bought")
    orders = pl.scan_parquet(folder / "orders.parquet").filter(
        pl.col("customer_id").is_not_null(), "is_placed"
    )
    moment = pl.col("ordered_at")
    sums = [
        expression
        for basis in BASES
        for expression in (
            pl.col(f"is_{basis}").sum().alias(f"{basis}_orders"),
            pl.col(f"{basis}_lines").filter(f"is_{basis}").sum(),
            *(
                pl.col(f"{basis}_{measure}").filter(f"is_{basis}").sum().round(4)
                for measure in ("units", "revenue")
            ),
            sum_known(f"{basis}_margin"),
            moment.filter(f"is_{basis}").min().alias(f"first_{basis}_at"),
            moment.filter(f"is_{basis}").max().alias(f"last_{basis}_at"),
        )
    ]
    pivot = orders.group_by("customer_id").agg(*sums)
    gap = moment.diff().over("customer_id").dt.total_seconds() // 86400
    gaps = (
        orders.filter("is_bought")
        .sort("customer_id", "ordered_at", "order_id")
        .with_columns(days=gap)
        .group_by("customer_id")
        .agg(mean_gap_days=pl.col("days").mean(), median_gap_days=pl.col("days").median())
    )
    parts = [gaps]
    texts = labels(moment)
    orders = orders.with_columns(weekday=texts["weekday"], hour=texts["hour"])
    for name in ("weekday", "hour", "city", "channel", "delivery_method", "payment_method"):
        parts.append(prefer(orders, name, pl.len(), f"preferred_{name}"))
    bought = lines.filter(pl.col("customer_id").is_not_null())
    revenue = pl.col("bought_revenue")
    parts.append(prefer(bought, "category_1", revenue.sum().round(4), "favourite_category"))
    goods = bought.group_by("customer_id").agg(
        categories=pl.col("category_1").drop_nulls().n_unique(),
        products=pl.col("product_id").n_unique(),
        discounted_lines=(pl.col("discount") > 0).sum(),
    )
    parts.append(goods)
    for share, column in (("category", "category_1"), ("city", "city")):
        top = (
            lines.filter(pl.col(column).is_not_null())
            .group_by(column)
            .agg(revenue.sum().round(4))
            .sort(["bought_revenue", column], descending=[True, False])
            .head(5)
            .collect(engine="streaming")[column]
        )
        parts.append(
            bought.group_by("customer_id").agg(
                (revenue.filter(pl.col(column) == member).sum() / revenue.sum()).alias(
                    f"{share}_{place}_share"
                )
                for place, member in enumerate(top, start=1)
            )
        )
    for part in parts:
        pivot = pivot.join(part, on="customer_id", how="left")
    return pivot.with_columns(pl.col("categories", "products").fill_null(0))


def name_segments(scored: pl.DataFrame) -> pl.DataFrame:
    """Name the segment of each code, or the one to fall back to that is true of the customer."""
    guards = pl.read_csv(ROOT / "seeds" / "rfm_segment_guards.csv")
    limits = [name for name in guards.columns if name != "segment"]
    is_true = (
        (pl.col("frequency") >= pl.col("minimum_orders").fill_null(0))
        & (pl.col("tenure_days") <= pl.col("first_order_within_days").fill_null(1_000_000))
        & (pl.col("recency_days") >= pl.col("silent_at_least_days").fill_null(0))
        & (pl.col("recency_days") <= pl.col("silent_at_most_days").fill_null(1_000_000))
    )
    named = scored.join(
        pl.read_csv(ROOT / "seeds" / "rfm_segment_map.csv"), on="rfm_code", how="left"
    )
    for _ in range(len(guards)):
        named = (
            named.join(guards, on="segment", how="left")
            .with_columns(segment=pl.when(is_true).then("segment").otherwise("falls_back_to"))
            .drop(limits)
        )
    return named


def make_rfm(source: Path, folder: Path) -> None:
    """Score recency, frequency and spend by quintiles of the ranking, and name the segments."""
    orders = pl.read_parquet(folder / "orders.parquet").filter(pl.col("customer_id").is_not_null())
    as_of = datetime.fromisoformat(json.loads((folder / "as_of.json").read_text("utf-8")))
    scores = []
    for basis in BASES:
        scored = (
            orders.filter(f"is_{basis}")
            .group_by("customer_id")
            .agg(
                frequency=pl.len(),
                recency_days=(pl.lit(as_of) - pl.col("ordered_at").max()).dt.total_seconds()
                // 86400,
                tenure_days=(pl.lit(as_of) - pl.col("ordered_at").min()).dt.total_seconds()
                // 86400,
                monetary=pl.col(f"{basis}_revenue").sum().round(4),
            )
        )
        quintiles = [
            1
            + (
                5
                * (pl.col(name).rank("min", descending=is_best_low).cast(pl.Int64) - 1)
                // pl.len().cast(pl.Int64)
            )
            for name, is_best_low in (
                ("recency_days", True),
                ("frequency", False),
                ("monetary", False),
            )
        ]
        code = 100 * quintiles[0] + 10 * quintiles[1] + quintiles[2]
        scored = scored.with_columns(pl.lit(basis).alias("basis"), rfm_code=code)
        scores.append(name_segments(scored))
    pl.concat(scores).write_parquet(folder / "rfm_scores.parquet")


STAGES = {"lines": make_lines, "orders": make_orders, "pivots": make_pivots, "rfm": make_rfm}

if __name__ == "__main__":
    run_stage(STAGES)
