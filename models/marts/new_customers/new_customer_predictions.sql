with

scores as (

    select * from {{ ref('newcomer_scores') }}

),

evaluations as (

    select * from {{ ref('new_customer_evaluations') }}
    where is_chosen

)

select
    scores.customer_id,
    scores.target,
    scores.prediction,
    scores.model,
    cast(scores.receipts_used as bigint) as receipts_used,
    {{ null_if_nan('scores.probability') }} as probability,
    not evaluations.is_baseline as beats_baseline
from scores
inner join evaluations
    on scores.target = evaluations.target
    and scores.receipts_used = evaluations.receipts_used
