import pandas as pd

from python_ml.baskets import form_strata


def model(dbt, session):
    """One row per basket that is alike others: the stratum within which it is compared."""
    baskets = dbt.ref("baskets_sized")
    products = dbt.ref("customer_period_products")
    meta = dbt.config.get("meta")
    purchases = products.order("customer_id, period, item_number").df()
    found = []
    for basis in meta["bases"]:
        own = baskets.filter(f"basis = '{basis}'").order("basket_number").df()
        strata = form_strata(own, purchases, is_order=basis == "order", **meta["strata"])
        found.append(strata.assign(basis=basis))
    return pd.concat(found)
