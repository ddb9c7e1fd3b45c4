from python_ml.baskets import find_frequent_itemsets

PAIRS = 2


def model(dbt, session):
    """One row per frequent itemset of the baskets that are mined."""
    items = dbt.ref("basket_items")
    thresholds = dbt.ref("basket_thresholds")
    meta = dbt.config.get("meta")
    min_support, baskets = thresholds.project("min_support, baskets").fetchall()[0]
    mined = items.filter("is_mined").order("basket_id, item").df()
    request = {"n_baskets": baskets, "min_support": min_support, **meta}
    try:
        itemsets = find_frequent_itemsets(mined, **request)
    except ValueError:
        # Too many: basket_thresholds keeps pairs countable, so any other fault is raised again.
        request["max_length"] = PAIRS
        itemsets = find_frequent_itemsets(mined, **request)
    return itemsets.assign(max_length=request["max_length"])
