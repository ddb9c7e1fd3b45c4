with

measures as (

    select * from {{ ref('ml_new_customer_evaluations') }}

)

select
    target,
    model,
    baseline,
    {{ translated('reason', 'new_customers') }} as reason,
    cast(orders_used as bigint) as orders_used,
    cast(training_rows as bigint) as training_rows,
    cast(validation_rows as bigint) as validation_rows,
    cast(test_rows as bigint) as test_rows,
    cast(classes as bigint) as classes,
    {%- for measure in [
        'validation_reciprocal_rank', 'mean_reciprocal_rank', 'accuracy', 'hit_rate_3',
        'macro_f1', 'baseline_reciprocal_rank', 'baseline_accuracy', 'baseline_macro_f1',
        'gain', 'gain_se',
    ] %}
    {{ null_if_nan(measure) }} as {{ measure }},
    {%- endfor %}
    is_baseline,
    beats_baseline,
    is_chosen,
    is_accepted
from measures
