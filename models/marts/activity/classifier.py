from python_ml.classification import score_customers


def model(dbt, session):
    """One row per regular customer: the probability of a decline, and what raises it."""
    features = dbt.ref("activity_features")
    measures = dbt.ref("classifier_measures")
    meta = dbt.config.get("meta")
    chosen = measures.filter("is_chosen").project("model").fetchall()[0][0]
    return score_customers(
        features.filter("not is_current").order("customer_id, cutoff_at").df(),
        features.filter("is_current").order("customer_id").df(),
        model=chosen,
        **meta["columns"],
        **meta["baseline"],
    )
