import pandas as pd

from python_ml.clustering import embed_customers, names_used, project_customers
from targeted_lists.runs.progress import log_step


def model(dbt, session):
    """One row per customer and projection: where it lies."""
    inputs = dbt.ref("ml_cluster_inputs").order("customer_id").df()
    choices = dbt.ref("ml_cluster_feature_choices").df()
    shown = dbt.ref("cluster_evaluations").filter("is_chosen")
    shown = shown.order("method desc").project("feature_set").fetchall()
    features = names_used(choices[choices["feature_set"] == shown[0][0]])
    axes = dbt.ref("ml_projection_axes").df()
    meta = dbt.config.get("meta")
    plane = project_customers(inputs, axes).assign(projection="pca")
    embedded = embed_customers(
        inputs, features=features, progress=log_step, **meta["embedding"]
    ).assign(projection="tsne")
    return pd.concat([plane, embedded], ignore_index=True).astype({"projection": "str"})
