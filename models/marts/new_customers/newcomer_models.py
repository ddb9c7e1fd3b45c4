from python_ml.newcomers import fit_newcomers


def model(dbt, session):
    """One row per target and number of receipts: the chosen model, fitted."""
    features = dbt.ref("new_customer_features")
    labels = dbt.ref("new_customer_labels")
    measures = dbt.ref("newcomer_measures")
    meta = dbt.config.get("meta")
    return fit_newcomers(
        features.order("customer_id, receipts_used").df(),
        labels.order("customer_id, receipts_used, target").df(),
        measures.filter("is_chosen").df(),
        **meta["columns"],
    )
