"""The spine as a script of pandas, scikit-learn and mlxtend would make it, stage by stage.

`python benchmarks/spine_pandas.py lines SOURCE FOLDER` reads the raw files of SOURCE and writes
`lines.parquet` to FOLDER; `orders`, `pivots`, `rfm`, `clusters` and `rules` read what the stages
before them wrote there. The rules are the project's, so the tables must be equal to its own;
there is no ledger and nothing says why a row was left out.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
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


def read(path: Path) -> pd.DataFrame:
    """Read a table that an earlier stage wrote."""
    return pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_pickle(path)


def table(folder: Path, name: str) -> Path:
    """Return where a table lies: parquet where it can be written, else pickled."""
    try:
        import pyarrow  # noqa: F401
    except ImportError:
        return folder / f"{name}.pickle"
    return folder / f"{name}.parquet"


def write(rows: pd.DataFrame, folder: Path, name: str) -> None:
    """Write a table for later stages and for the comparison."""
    path = table(folder, name)
    if path.suffix == ".parquet":
        rows.to_parquet(path, index=False)
    else:
        rows.to_pickle(path)


def read_source(source: Path, name: str) -> pd.DataFrame:
    """Read an input of a contract dataset, one file or several, in order of name."""
    found = sorted(source.glob(f"{name}*.parquet")) or sorted(source.glob(f"{name}*.csv"))
    frames = [
        pd.read_parquet(path)
        if path.suffix == ".parquet"
        else pd.read_csv(path, parse_dates=["ordered_at"] if name == "order_lines" else [])
        for path in found
    ]
    return pd.concat(frames, ignore_index=True) if len(frames) != 1 else frames[0]


def read_lines(source: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Read raw order lines and products, with every column that the spine asks for."""
    if uci := [*source.glob("online_retail.csv*")]:
        texts = ("InvoiceNo", "StockCode", "CustomerID", "Description", "Country")
        lines = pd.read_csv(uci[0], encoding="latin-1", dtype=dict.fromkeys(texts, "str"))
        lines = lines.rename(columns=UCI_COLUMNS)
        for column in ("order_id", "product_id", "product_name", "customer_id"):
            lines[column] = lines[column].str.strip().replace("", None)
        lines["ordered_at"] = pd.to_datetime(lines["ordered_at"], format="%m/%d/%Y %H:%M")
        products = pd.DataFrame({"product_id": [], "unit_cost": []})
    else:
        lines = read_source(source, "order_lines")
        products = read_source(source, "products")
    for column in ("line_number", "customer_id", "status", "discount", "product_name", *PLACES):
        if column not in lines:
            lines[column] = None
    for column in ("unit_cost", *CATEGORIES):
        if column not in products:
            products[column] = None
    for frame, columns in (
        (lines, ["quantity", "unit_price", "discount"]),
        (products, ["unit_cost"]),
    ):
        frame[columns] = frame[columns].astype("float64")
    return lines, products[["product_id", *CATEGORIES, "unit_cost"]]


def service_pattern(adapter: str) -> str:
    """Return the codes of services as one regular expression."""
    codes = pd.read_csv(ROOT / "seeds" / "service_codes.csv")
    codes = codes.loc[codes["adapter"] == adapter, "code_pattern"]
    wild = (re.escape(code).replace("%", ".*").replace("_", ".") for code in codes)
    return "|".join(wild)


def make_lines(source: Path, folder: Path) -> None:
    """Clean the raw lines, match returns to their sales, and value both bases."""
    lines, products = read_lines(source)
    lines = lines.drop_duplicates(ignore_index=False)
    needed = ["order_id", "ordered_at", "product_id", "quantity", "unit_price"]
    lines = lines.dropna(subset=needed)
    lines = lines[lines["unit_price"] >= 0]
    last = lines["ordered_at"].astype("int64").quantile(0.999)
    scale = lines["ordered_at"].astype("int64").max() / lines["ordered_at"].max().timestamp()
    lines = lines[lines["ordered_at"].astype("int64") <= last + 366 * 86400 * scale]
    lines = lines.drop(columns=["product_name", "line_number"])
    lines["status"] = lines["status"].astype("str").str.lower().where(lines["status"].notna(), "")
    lines["status"] = lines["status"].replace("", "delivered")
    lines["customer_id"] = lines["customer_id"].replace("0", None)
    lines["discount"] = lines["discount"].fillna(0)
    sign = np.sign(lines["quantity"])
    lines["amount"] = lines["quantity"] * lines["unit_price"] - sign * lines["discount"]
    lines["amount"] = lines["amount"].round(4)
    adapter = "online_retail" if [*source.glob("online_retail*")] else "contract"
    codes = lines["product_id"].astype("category")
    services = codes.cat.categories[codes.cat.categories.str.fullmatch(service_pattern(adapter))]
    is_modelled = (lines["quantity"] != 0) & (lines["unit_price"] != 0)
    lines["is_modelled"] = is_modelled & ~codes.isin(services)

    returned = match_returns(lines)
    as_of = lines["ordered_at"].max().normalize() + pd.Timedelta(days=1)
    write(returned.reset_index(names="line"), folder, "returns")
    lines = lines.join(returned)
    lines[["returned_quantity", "returned_revenue"]] = lines[
        ["returned_quantity", "returned_revenue"]
    ].fillna(0)
    lines = lines[lines["is_modelled"]].drop(columns="is_modelled")
    lines = lines.merge(products, on="product_id", how="left")
    is_sale = (lines["quantity"] > 0) & (lines["status"] != "cancelled")
    is_return = (lines["quantity"] < 0) & (lines["status"] != "cancelled")
    left = lines["quantity"] - lines["returned_quantity"]
    lines["is_placed"] = is_sale
    is_left = (left > 0) | (lines["returned_revenue"].round(4) < lines["amount"])
    lines["is_bought"] = (
        is_sale & (lines["status"] == "delivered") & (lines["ordered_at"] < as_of) & is_left
    )
    lines["placed_units"] = lines["quantity"].where(is_sale, 0)
    lines["placed_revenue"] = lines["amount"].where(is_sale, 0)
    cost = lines["unit_cost"] * lines["quantity"]
    lines["placed_margin"] = (lines["amount"] - cost).round(4).where(is_sale)
    revenue = (lines["amount"] - lines["returned_revenue"]).round(4)
    is_bought = lines["is_bought"]
    lines["bought_units"] = left.where(is_bought, 0)
    lines["bought_revenue"] = revenue.where(is_bought, 0)
    lines["bought_margin"] = (revenue - lines["unit_cost"] * left).round(4).where(is_bought)
    lines["refund"] = -lines["amount"].where(is_return, 0)
    lines["is_return"] = is_return
    dropped = ["unit_price", "unit_cost", "amount", "returned_quantity", "returned_revenue"]
    lines = lines.drop(columns=dropped)
    write(lines, folder, "lines")
    (folder / "as_of.json").write_text(json.dumps(as_of.isoformat()), encoding="utf-8")


def match_returns(lines: pd.DataFrame) -> pd.DataFrame:
    """Match returned units to the earliest sales before them; units and revenue by sale."""
    known = lines[
        lines["customer_id"].notna() & (lines["status"] != "cancelled") & (lines["quantity"] != 0)
    ]
    known = known.assign(is_free=np.sign(known["quantity"]) * known["amount"] <= 0)
    keys = ["customer_id", "product_id", "is_free"]
    returned = known.loc[known["quantity"] < 0, keys].drop_duplicates()
    taken = known[[*keys, "ordered_at", "quantity", "amount"]].reset_index(names="line")
    taken = taken.merge(returned, on=keys)
    taken["is_return"] = taken["quantity"] < 0
    taken = taken.sort_values([*keys, "ordered_at", "is_return", "line"], ignore_index=True)
    taken["sold_now"] = taken["quantity"].clip(lower=0)
    taken["back_now"] = (-taken["quantity"]).clip(lower=0)
    groups = taken.groupby(keys, sort=False)
    taken["sold"] = groups["sold_now"].cumsum()
    taken["back"] = groups["back_now"].cumsum()
    taken["beyond"] = (taken["back"] - taken["sold"]).clip(lower=0)
    taken["taken"] = taken["back"] - taken.groupby(keys, sort=False)["beyond"].cummax()
    before = taken.groupby(keys, sort=False)["taken"].shift(fill_value=0)
    taken["taken_from"] = before
    is_used = taken["is_return"] & (taken["taken"] > before)
    back = taken.loc[is_used, [*keys, "line", "taken_from", "taken", "quantity", "amount"]]
    back = back.rename(
        columns={"line": "back_line", "quantity": "back_quantity", "amount": "back_amount"}
    )
    sales = taken.loc[~taken["is_return"], [*keys, "line", "sold", "sold_now", "amount"]]
    pairs = sales.merge(back, on=keys)
    pairs["units"] = np.minimum(pairs["sold"], pairs["taken"]) - np.maximum(
        pairs["sold"] - pairs["sold_now"], pairs["taken_from"]
    )
    pairs = pairs[pairs["units"] > 0]
    # A return takes its own amount, parted by units, and at most what the sale has left.
    pairs = pairs.sort_values(["back_line", "line"])
    so_far = pairs.groupby("back_line")["units"].cumsum()
    price = pairs["back_amount"] / pairs["back_quantity"]
    pairs["revenue"] = (price * so_far).round(4) - (price * (so_far - pairs["units"])).round(4)
    summed = pairs.groupby("line")[["units", "revenue"]].sum()
    sold_for = pairs.groupby("line")["amount"].first()
    summed["revenue"] = np.minimum(summed["revenue"], sold_for).round(4)
    return summed.rename(columns={"units": "returned_quantity", "revenue": "returned_revenue"})


def make_orders(source: Path, folder: Path) -> None:
    """Sum the lines of each order; its customer and place are those of its first line."""
    lines = read(table(folder, "lines"))
    groups = lines.groupby("order_id", sort=False)
    firsts = ["customer_id", *PLACES]
    sums = [f"{basis}_{measure}" for basis in BASES for measure in MEASURES]
    orders = groups[firsts].first()
    orders["lines"] = groups.size()
    for basis in BASES:
        orders[f"{basis}_lines"] = groups[f"is_{basis}"].sum()
        orders[f"is_{basis}"] = orders[f"{basis}_lines"] > 0
    orders[sums] = groups[sums].sum(min_count=1).round(4)
    orders["refund"] = groups["refund"].sum().round(4)
    orders["ordered_at"] = groups["ordered_at"].min()
    write(orders.reset_index(), folder, "orders")


def make_pivots(source: Path, folder: Path) -> None:
    """Sum the lines by each dimension, and orders and lines by customer."""
    lines = read(table(folder, "lines"))
    orders = read(table(folder, "orders"))
    write(pivot_sales(lines), folder, "sales_pivot")
    write(pivot_customers(lines, orders), folder, "customer_pivot")


def label(moments: pd.Series) -> dict[str, pd.Series]:
    """Return the labels of moments by month, week, day, weekday and hour."""
    days = moments.dt.normalize()
    mondays = days - pd.to_timedelta(days.dt.day_of_week, unit="D")
    return {
        "month": moments.dt.year * 100 + moments.dt.month,
        "week": mondays,
        "day": days,
        "weekday": moments.dt.day_of_week + 1,
        "hour": moments.dt.hour,
    }


FORMS = {"week": "%Y-%m-%d", "day": "%Y-%m-%d"}
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def name_members(dimension: str, members: pd.Index) -> pd.Index:
    """Return the labels that the project writes for the members of a dimension."""
    if dimension == "month":
        return pd.Index([f"{int(m) // 100}-{int(m) % 100:02d}" for m in members])
    if dimension in FORMS:
        return pd.to_datetime(members).strftime(FORMS[dimension])
    if dimension == "weekday":
        return pd.Index([f"{int(m)} {WEEKDAYS[int(m) - 1]}" for m in members])
    if dimension == "hour":
        return pd.Index([f"{int(m):02d}" for m in members])
    return pd.Index([m if isinstance(m, str) else "unknown" for m in members])


def pivot_sales(lines: pd.DataFrame) -> pd.DataFrame:
    """One row per basis, dimension and member."""
    for key in ("order", "customer"):
        codes = pd.factorize(lines[f"{key}_id"])[0]
        lines[key] = np.where(codes < 0, np.nan, codes)
    places = lines[["country", "region", "city"]].drop_duplicates()
    names = [
        " / ".join(part for part in row if isinstance(part, str)) or None
        for row in places.itertuples(index=False)
    ]
    geography = lines[["country", "region", "city"]].merge(
        places.assign(geography=names), how="left"
    )["geography"]
    dimensions = {
        **label(lines["ordered_at"]),
        **{name: lines[name] for name in CATEGORIES},
        "product": lines["product_id"],
        **{name: lines[name] for name in PLACES},
        "geography": pd.Series(geography.to_numpy(), index=lines.index),
    }
    pivots = []
    for dimension, members in dimensions.items():
        if not members.notna().any():
            continue
        members = members.astype("category").rename("member")
        refunds = lines["refund"].groupby(members, dropna=False, observed=True).sum()
        for basis in BASES:
            chosen = lines[f"is_{basis}"]
            rows = lines.loc[chosen]
            groups = rows.groupby(members[chosen], dropna=False, observed=True)
            pivot = groups[[f"{basis}_{measure}" for measure in MEASURES]].sum(min_count=1)
            pivot.columns = MEASURES
            pivot["lines"] = groups.size()
            pivot["orders"] = groups["order"].nunique()
            pivot["customers"] = groups["customer"].nunique()
            pivot = pivot.reindex(refunds.index)
            pivot["returns_amount"] = refunds.round(4)
            counts = ["lines", "orders", "customers"]
            pivot[counts] = pivot[counts].fillna(0).astype("int64")
            for measure in ("units", "revenue"):
                pivot[measure] = pivot[measure].fillna(0)
            pivot = pivot[(pivot["orders"] > 0) | (pivot["returns_amount"] != 0)].round(4)
            pivot.insert(0, "basis", basis)
            pivot.insert(1, "dimension", dimension)
            pivot.insert(2, "member", name_members(dimension, pivot.index))
            pivots.append(pivot.reset_index(drop=True))
    return pd.concat(pivots, ignore_index=True)


def prefer(rows: pd.DataFrame, column: str, weight: pd.Series | None = None) -> pd.Series:
    """Return by customer the member with most rows, or most weight; the last by name of equals."""
    rows = rows[["customer_id", column]]
    rows = rows.assign(weight=1 if weight is None else weight).dropna(subset=[column])
    summed = rows.groupby(["customer_id", column], observed=True)["weight"].sum().round(4)
    summed = summed.reset_index().sort_values(["customer_id", "weight", column])
    return summed.drop_duplicates("customer_id", keep="last").set_index("customer_id")[column]


def pivot_customers(lines: pd.DataFrame, orders: pd.DataFrame) -> pd.DataFrame:
    """One row per customer who placed an order: sums, gaps, preferences and shares."""
    orders = orders[orders["customer_id"].notna() & orders["is_placed"]]
    by = orders["customer_id"]
    pivot = pd.DataFrame(index=pd.Index(by.unique(), name="customer_id"))
    for basis in BASES:
        chosen = orders[orders[f"is_{basis}"]]
        groups = chosen.groupby("customer_id", sort=False)
        pivot[f"{basis}_orders"] = groups.size()
        pivot[f"{basis}_lines"] = groups[f"{basis}_lines"].sum()
        for measure in MEASURES:
            column = f"{basis}_{measure}"
            pivot[column] = groups[column].sum(min_count=1).round(4)
        pivot[f"first_{basis}_at"] = groups["ordered_at"].min()
        pivot[f"last_{basis}_at"] = groups["ordered_at"].max()
    bought = orders[orders["is_bought"]].sort_values(["customer_id", "ordered_at", "order_id"])
    gaps = bought.groupby("customer_id")["ordered_at"].diff().dt.total_seconds() // 86400
    gaps = gaps.groupby(bought["customer_id"])
    pivot["mean_gap_days"], pivot["median_gap_days"] = gaps.mean(), gaps.median()
    labels = label(orders["ordered_at"])
    orders = orders.assign(weekday=labels["weekday"], hour=labels["hour"])
    for column in ("weekday", "hour", "city", "channel", "delivery_method", "payment_method"):
        preferred = prefer(orders, column)
        if column in ("weekday", "hour") and len(preferred):
            preferred = pd.Series(name_members(column, preferred), index=preferred.index)
        pivot[f"preferred_{column}"] = preferred
    bought = lines[lines["is_bought"] & lines["customer_id"].notna()]
    pivot["favourite_category"] = prefer(bought, "category_1", bought["bought_revenue"])
    groups = bought.groupby("customer_id", sort=False)
    pivot["categories"] = groups["category_1"].nunique()
    pivot["products"] = groups["product_id"].nunique()
    pivot["discounted_lines"] = (bought["discount"] > 0).groupby(bought["customer_id"]).sum()
    everyone = lines[lines["is_bought"]]
    for share, column in (("category", "category_1"), ("city", "city")):
        top = everyone.groupby(column, observed=True)["bought_revenue"].sum().round(4)
        top = top.reset_index().sort_values(["bought_revenue", column], ascending=[False, True])
        top = top[column].head(5)
        rows = bought[bought[column].isin(top)]
        table = rows.pivot_table(
            index="customer_id",
            columns=column,
            values="bought_revenue",
            aggfunc="sum",
            observed=True,
        )
        for place, member in enumerate(top, start=1):
            amount = table[member].reindex(pivot.index).fillna(0)
            pivot[f"{share}_{place}_share"] = amount / pivot["bought_revenue"].replace(0, np.nan)
    counts = [f"{basis}_{measure}" for basis in BASES for measure in ("orders", "lines")]
    counts += ["categories", "products"]
    pivot[counts] = pivot[counts].fillna(0).astype("int64")
    sums = [f"{basis}_{measure}" for basis in BASES for measure in ("units", "revenue")]
    pivot[sums] = pivot[sums].fillna(0)
    return pivot.reset_index()


def name_segments(scored: pd.DataFrame) -> pd.Series:
    """Name the segment of each code, or the one to fall back to that is true of the customer."""
    names = pd.read_csv(ROOT / "seeds" / "rfm_segment_map.csv").set_index("rfm_code")["segment"]
    guards = pd.read_csv(ROOT / "seeds" / "rfm_segment_guards.csv").set_index("segment")
    segment = scored["rfm_code"].map(names)
    for _ in guards.index:
        own = guards.reindex(segment).set_index(scored.index)
        is_true = (
            (scored["frequency"] >= own["minimum_orders"].fillna(0))
            & (scored["tenure_days"] <= own["first_order_within_days"].fillna(np.inf))
            & (scored["recency_days"] >= own["silent_at_least_days"].fillna(0))
            & (scored["recency_days"] <= own["silent_at_most_days"].fillna(np.inf))
        )
        segment = segment.where(is_true, own["falls_back_to"])
    return segment


def make_rfm(source: Path, folder: Path) -> None:
    """Score recency, frequency and spend by quintiles of the ranking, and name the segments."""
    orders = read(table(folder, "orders"))
    orders = orders[orders["customer_id"].notna()]
    as_of = pd.Timestamp(json.loads((folder / "as_of.json").read_text(encoding="utf-8")))
    scores = []
    for basis in BASES:
        groups = orders[orders[f"is_{basis}"]].groupby("customer_id")
        scored = pd.DataFrame({"frequency": groups.size()})
        scored["recency_days"] = (as_of - groups["ordered_at"].max()).dt.total_seconds() // 86400
        scored["tenure_days"] = (as_of - groups["ordered_at"].min()).dt.total_seconds() // 86400
        scored["monetary"] = groups[f"{basis}_revenue"].sum().round(4)
        code = 0
        for column, is_best_low in (("recency_days", True), ("frequency", False), ("monetary", 0)):
            rank = scored[column].rank(method="min", ascending=not is_best_low)
            code = 10 * code + 1 + np.floor(5 * (rank - 1) / len(scored))
        scored["rfm_code"] = code.astype("int64")
        scored["segment"] = name_segments(scored)
        scored.insert(0, "basis", basis)
        scores.append(scored.reset_index())
    write(pd.concat(scores, ignore_index=True), folder, "rfm_scores")


def make_clusters(source: Path, folder: Path) -> None:
    """Fit k-means for each number of clusters, and keep the one of the best silhouette."""
    from sklearn.cluster import KMeans
    from sklearn.metrics import silhouette_score
    from sklearn.preprocessing import StandardScaler

    scores = read(table(folder, "rfm_scores"))
    scores = scores[scores["basis"] == "bought"].sort_values("customer_id")
    values = np.log1p(scores[["recency_days", "frequency", "monetary"]].clip(lower=0))
    values = StandardScaler().fit_transform(values)
    best = (-1.0, 0, np.zeros(len(values)))
    for k in range(2, 11):
        clusters = KMeans(k, n_init=10, random_state=42).fit_predict(values)
        # The silhouette of everyone takes the square of their number.
        sample = min(len(values), 10_000)
        score = silhouette_score(values, clusters, sample_size=sample, random_state=42)
        best = max(best, (score, k, clusters), key=lambda one: one[0])
    write(scores[["customer_id"]].assign(cluster=best[2]), folder, "clusters")


def make_rules(source: Path, folder: Path) -> None:
    """Find the rules of pairs in the bought orders, at the project's support and period."""
    from mlxtend.frequent_patterns import association_rules, fpgrowth
    from scipy.sparse import csr_matrix

    requested = json.loads((folder / "asked.json").read_text(encoding="utf-8"))
    lines = read(table(folder, "lines"))
    orders = read(table(folder, "orders"))
    until = pd.Timestamp(requested["mined_until"])
    orders = orders[orders["is_bought"] & (orders["ordered_at"] <= until)]
    lines = lines.loc[lines["is_bought"] & lines["order_id"].isin(orders["order_id"])]
    lines = lines[["order_id", "product_id"]].drop_duplicates()
    baskets, _ = pd.factorize(lines["order_id"])
    items, names = pd.factorize(lines["product_id"])
    counts = np.bincount(items)
    kept = (counts >= requested["min_support"] * len(orders) - 1e-9)[items]
    items, names = pd.factorize(names[items[kept]])
    one_hot = csr_matrix(
        (np.ones(len(items), dtype=bool), (baskets[kept], items)), shape=(len(orders), len(names))
    )
    table_of_items = pd.DataFrame.sparse.from_spmatrix(one_hot, columns=names)
    least = requested["min_support"] * (1 - 1e-9)
    itemsets = fpgrowth(table_of_items, min_support=least, max_len=2, use_colnames=True)
    rules = association_rules(
        itemsets, metric="confidence", min_threshold=requested["min_confidence"]
    )
    found = itemsets.assign(
        itemset=[" + ".join(sorted(items)) for items in itemsets["itemsets"]],
        baskets=(itemsets["support"] * len(orders)).round().astype("int64"),
    )
    write(found[["itemset", "baskets"]], folder, "itemsets")
    sides = {side: rules[f"{side}s"].map(min) for side in ("antecedent", "consequent")}
    write(rules[["support", "confidence", "lift"]].assign(**sides), folder, "rules")


STAGES = {
    "lines": make_lines,
    "orders": make_orders,
    "pivots": make_pivots,
    "rfm": make_rfm,
    "clusters": make_clusters,
    "rules": make_rules,
}

if __name__ == "__main__":
    run_stage(STAGES)
