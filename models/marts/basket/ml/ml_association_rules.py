import pandas as pd

from python_ml.baskets import find_rules


def model(dbt, session):
    """One row per basis, level and rule of the frequent itemsets."""
    itemsets = dbt.ref("ml_frequent_itemsets").filter("length > 0").order("itemset")
    items = dbt.ref("basket_items").project("basket_number, item_number, basis, level")
    counts = dbt.ref("basket_item_counts").order("item")
    strata = dbt.ref("ml_basket_strata").order("basket_number")
    thresholds = dbt.ref("basket_thresholds")
    found = []
    for requested in thresholds.order("basis, level").df().to_dict("records"):
        group = "basis = '{basis}' and level = '{level}'".format(**requested)
        alike = strata.filter("basis = '{basis}'".format(**requested))
        lines = items.filter(group).join(alike.project("basket_number, period"), "basket_number")
        frames = (
            part.df() for part in (itemsets.filter(group), lines, counts.filter(group), alike)
        )
        rules = find_rules(*frames, requested=requested)
        found.append(rules.assign(basis=requested["basis"], level=requested["level"]))
    return pd.concat(found)
