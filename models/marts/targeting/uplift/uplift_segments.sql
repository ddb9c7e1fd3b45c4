with

segments as (

    select * from {{ ref('ml_uplift_segments') }}

)

select
    segment,
    case
        when q_value < 0.05 and difference > 0 then 'works'
        when q_value < 0.05 and difference < 0 then 'harms'
        else 'too_small'
    end as verdict_code,
    case
        when q_value < 0.05 and difference > 0 then {{ text('works') }}
        when q_value < 0.05 and difference < 0 then {{ text('harms') }}
        else {{ text('too small to tell') }}
    end || case
        when heterogeneity_p < 0.05 then {{ text('; segments differ by more than chance') }}
        when isnan(heterogeneity_p) then ''
        else {{ text('; segments differ no more than chance makes them') }}
    end as verdict,
    cast(treatment_customers as bigint) as treatment_customers,
    cast(control_customers as bigint) as control_customers,
    {%- for measure in [
        'treatment_rate', 'control_rate', 'difference', 'standard_error', 'lower_95',
        'upper_95', 'p_value', 'q_value', 'shrunk_difference', 'shrinkage',
        'heterogeneity_p',
    ] %}
    {{ null_if_nan(measure) }} as {{ measure }}{{ ',' if not loop.last }}
    {%- endfor %}
from segments
