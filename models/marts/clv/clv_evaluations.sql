{% set measures = [
    'season_factor', 'orders_predicted', 'orders_actual', 'orders_ratio', 'orders_mae',
    'orders_decile_gap', 'orders_rank_correlation', 'orders_top_fifth', 'margin_predicted',
    'margin_actual', 'margin_ratio', 'margin_mae', 'margin_decile_gap',
    'margin_rank_correlation', 'margin_top_fifth', 'pit_p_value', 'pit_largest_gap',
    'upper_coverage',
] -%}
with

evaluations as (

    {{ clv_measures(ref('ml_clv_models'), 'evaluations') }}

)

select
    period,
    method,
    margin_method,
    reason as reason_code,
    {{ clv_reason('reason') }} as reason,
    choice_reason,
    customers,
    horizon_weeks,
    {%- for measure in measures %}
    {{ null_if_nan(measure) }} as {{ measure }},
    {%- endfor %}
    is_baseline,
    is_chosen,
    fitted_as_of_date
from evaluations
