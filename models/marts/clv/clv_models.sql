with

models as (

    {{ clv_measures(ref('ml_clv_models'), 'models') }}

)

select
    model,
    parameter,
    reason as reason_code,
    {{ clv_reason('reason') }} as reason,
    position as place,
    {{ null_if_nan('value') }} as value,
    {{ null_if_nan('standard_error') }} as standard_error,
    {{ null_if_nan('log_likelihood') }} as log_likelihood,
    customers,
    distinct_histories,
    {{ null_if_nan('correlation') }} as correlation,
    {{ null_if_nan('correlation_p_value') }} as correlation_p_value,
    not_positive,
    is_independent,
    is_at_border,
    is_used,
    fitted_as_of_date
from models
