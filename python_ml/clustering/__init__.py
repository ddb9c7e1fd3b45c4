"""Groups of customers: prepared for, fitted by several methods, measured, chosen, saved, shown.

`shrink_features`, `choose_features` and `scale_features` prepare; `fit_clusterings` fits models
that are small texts, and `assign_customers` places anyone by them; `evaluate_clusterings`
measures, and `choose_clustering` is the rule that chooses; `match_clusters` carries keys from run
to run; the rest lays out what was found for looking at.
"""

from python_ml.clustering.choice import choose_clustering
from python_ml.clustering.evaluation import evaluate_clusterings, find_elbow
from python_ml.clustering.fitting import (
    EVERYONE,
    METHODS,
    assign_customers,
    fit_clusterings,
    merge_customers,
    rank_clusters,
)
from python_ml.clustering.maps import describe_maps
from python_ml.clustering.matching import match_clusters
from python_ml.clustering.preparation import (
    ROLES,
    choose_features,
    names_used,
    scale_features,
    used_by_set,
)
from python_ml.clustering.projection import embed_customers, find_axes, project_customers
from python_ml.clustering.shrinkage import shrink_features

__all__ = [
    "EVERYONE",
    "METHODS",
    "ROLES",
    "assign_customers",
    "choose_clustering",
    "choose_features",
    "describe_maps",
    "embed_customers",
    "evaluate_clusterings",
    "find_axes",
    "find_elbow",
    "fit_clusterings",
    "match_clusters",
    "merge_customers",
    "names_used",
    "project_customers",
    "rank_clusters",
    "scale_features",
    "shrink_features",
    "used_by_set",
]
