from python_ml.baskets import derive_rules


def model(dbt, session):
    """One row per rule of the frequent itemsets."""
    itemsets = dbt.ref("itemsets")
    thresholds = dbt.ref("basket_thresholds")
    meta = dbt.config.get("meta")
    baskets = thresholds.project("baskets").fetchall()[0][0]
    return derive_rules(itemsets.order("itemset").df(), n_baskets=baskets, **meta)
