{#
    What the row of models of lifetime value has as JSON, as rows: `models` (a row per model and
    parameter), `evaluations` (per period and method) or `calibration` (per period and decile).

    clv_measures(ref('ml_clv_models'), 'evaluations')
#}
{%- macro clv_measures(models, measure) -%}
{%- set texts, numbers, counts, flags = {
    'models': (
        ['model', 'parameter', 'reason'],
        ['value', 'standard_error', 'log_likelihood', 'correlation', 'correlation_p_value'],
        ['position', 'customers', 'distinct_histories', 'not_positive'],
        ['is_independent', 'is_at_border', 'is_used'],
    ),
    'evaluations': (
        ['period', 'method', 'margin_method', 'reason', 'choice_reason'],
        [
            'horizon_weeks', 'season_factor', 'orders_predicted', 'orders_actual', 'orders_ratio',
            'orders_mae', 'orders_decile_gap', 'orders_rank_correlation', 'orders_top_fifth',
            'margin_predicted', 'margin_actual', 'margin_ratio', 'margin_mae',
            'margin_decile_gap', 'margin_rank_correlation', 'margin_top_fifth', 'pit_p_value',
            'pit_largest_gap', 'upper_coverage',
        ],
        ['customers'],
        ['is_baseline', 'is_chosen'],
    ),
    'calibration': (
        ['period', 'method'],
        ['predicted_orders', 'actual_orders', 'predicted_margin', 'actual_margin'],
        ['decile', 'customers'],
        [],
    ),
}[measure] -%}
{%- set types = {} -%}
{%- for names, type in [
    (texts, 'varchar'), (numbers, 'double'), (counts, 'bigint'), (flags, 'boolean')
] -%}
    {%- for name in names -%} {%- do types.update({name: type}) -%} {%- endfor -%}
{%- endfor -%}
select
    as_of_date as fitted_as_of_date,
    {{ row_per_record(measure, types) }}
from {{ models }}
{%- endmacro -%}
