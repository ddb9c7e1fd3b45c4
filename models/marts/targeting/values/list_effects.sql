{% set measures = [
    'expected_rate', 'observed_rate', 'difference', 'standard_error', 'odds_weight',
    'segment_weight', 'intercept', 'slope', 'center', 'by_odds', 'flat', 'log_odds_ratio',
] -%}
with

effects as (

    select * from {{ ref('ml_list_effects') }}

)

select
    list_name,
    variant,
    segment,
    basis,
    treated,
    controls,
    control_orders,
    {%- for measure in measures %}
    {{ null_if_nan(measure) }} as {{ measure }}{{ ',' if not loop.last }}
    {%- endfor %}
from effects
