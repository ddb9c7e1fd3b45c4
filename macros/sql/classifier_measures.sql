{#
    The measures of the classifiers in a table of fitted models, as rows with the data
    basis of their model: `evaluations` (one row per model and baseline),
    `calibration` (per decile) or `importances` (per feature). A fit leaves them as
    JSON next to the model; a value of another type or a missing name stops the run.

    classifier_measures(ref('ml_activity_models'), 'importances')
#}
{%- macro classifier_measures(models, measure) -%}
{%- set types = {
    'evaluations': {
        'model': 'varchar', 'is_baseline': 'boolean', 'roc_auc': 'double',
        'roc_auc_sd': 'double', 'roc_auc_se': 'double', 'out_of_time_roc_auc': 'double',
        'gain': 'double', 'gain_se': 'double', 'shortfall': 'double',
        'shortfall_se': 'double', 'pr_auc': 'double', 'f1': 'double', 'brier': 'double',
        'log_loss': 'double', 'calibration_error': 'double', 'cost': 'double',
        'rows': 'bigint', 'positives': 'bigint', 'is_chosen': 'boolean',
        'is_accepted': 'boolean', 'reason': 'varchar',
    },
    'calibration': {
        'model': 'varchar', 'decile': 'bigint', 'rows': 'bigint', 'positives': 'bigint',
        'probability': 'double', 'lowest': 'double', 'highest': 'double',
    },
    'importances': {
        'model': 'varchar', 'feature': 'varchar', 'importance': 'double',
        'importance_sd': 'double', 'rank': 'bigint',
    },
} -%}
select
    data_basis,
    {{ row_per_record(measure, types[measure], is_strict=true) }}
from {{ models }}
{%- endmacro -%}
