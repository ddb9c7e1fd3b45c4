import pandas as pd

from python_ml.baskets import confirm_rules, derive_rules


def model(dbt, session):
    """One row per basis, level and rule of the frequent itemsets."""
    itemsets = dbt.ref("itemsets").filter("length > 0").order("itemset")
    sizes = dbt.ref("basket_sizes").order("size")
    thresholds = dbt.ref("basket_thresholds")
    found = []
    for asked in thresholds.order("basis, level").df().to_dict("records"):
        group = "basis = '{basis}' and level = '{level}'".format(**asked)
        own = sizes.filter("basis = '{basis}'".format(**asked))
        mined, later = (own.filter(f"period = '{p}'").df() for p in ("mined", "confirmed"))
        asks = {"n_baskets": asked["baskets"], "min_confidence": asked["min_confidence"]}
        rules = derive_rules(itemsets.filter(group).df(), basket_sizes=mined, **asks)
        n_later = asked["later_baskets"]
        rules = confirm_rules(rules, n_later_baskets=n_later, basket_sizes=later)
        found.append(rules.assign(basis=asked["basis"], level=asked["level"]))
    return pd.concat(found)
