with

deciles as (

    {{ clv_measures(ref('ml_clv_models'), 'calibration') }}

)

select
    period,
    method,
    decile,
    customers,
    predicted_orders,
    actual_orders,
    {{ null_if_nan('predicted_margin') }} as predicted_margin,
    {{ null_if_nan('actual_margin') }} as actual_margin,
    fitted_as_of_date
from deciles
