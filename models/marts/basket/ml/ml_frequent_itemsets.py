import pandas as pd

from python_ml.baskets import mine_baskets


def model(dbt, session):
    """One row per basis, level and frequent itemset; the empty itemset says what was done."""
    items = dbt.ref("basket_items")
    counts = dbt.ref("basket_item_counts")
    thresholds = dbt.ref("basket_thresholds")
    meta = dbt.config.get("meta")
    found = []
    for requested in thresholds.order("basis, level").df().to_dict("records"):
        group = "basis = '{basis}' and level = '{level}'".format(**requested)
        least = "baskets >= {min_support} * {baskets} - 1e-9".format(**requested)
        names = counts.filter(group).filter(least).project("item_number, item")
        lines = items.filter(f"{group} and is_counted").join(names, "item_number")
        lines = lines.project("basket_number, item_number, period = 'mining' as is_mined")
        itemsets = mine_baskets(
            lines.df(), names.order("item").df(), requested=requested, **meta["mining"]
        )
        found.append(itemsets.assign(basis=requested["basis"], level=requested["level"]))
    return pd.concat(found)
