import pandas as pd

from python_ml.baskets import confirm_rules, derive_rules, name_items


def model(dbt, session):
    """One row per basis, level and rule of the frequent itemsets."""
    itemsets = dbt.ref("itemsets").filter("length > 0").order("itemset")
    items = dbt.ref("int_basket_items")
    counts = dbt.ref("basket_item_counts")
    strata = dbt.ref("int_basket_strata")
    thresholds = dbt.ref("basket_thresholds")
    found = []
    for asked in thresholds.order("basis, level").df().to_dict("records"):
        group = "basis = '{basis}' and level = '{level}'".format(**asked)
        singles = itemsets.filter(group).filter("length = 1").project("itemset as item")
        names = counts.filter(group).project("item, item_number").join(singles, "item")
        alike = strata.filter("basis = '{basis}'".format(**asked))
        lines = items.filter(group).join(names.project("item_number"), "item_number")
        lines = lines.project("basket_number, item_number")
        lines = lines.join(alike.project("basket_number, period"), "basket_number").df()
        within = {}
        for period in ("mined", "confirmed"):
            held = name_items(lines[lines["period"] == period], items=names.order("item").df())
            own = alike.filter(f"period = '{period}'").order("basket_number").df()
            within[period] = {"basket_items": held, "strata": own}
        asks = {"n_baskets": asked["baskets"], "min_confidence": asked["min_confidence"]}
        rules = derive_rules(itemsets.filter(group).df(), **asks, **within["mined"])
        n_later = asked["later_baskets"]
        rules = confirm_rules(rules, n_later_baskets=n_later, **within["confirmed"])
        found.append(rules.assign(basis=asked["basis"], level=asked["level"]))
    return pd.concat(found)
