with

probabilities as (

    select * from {{ ref('ml_campaign_probabilities') }}

)

select
    campaign_id,
    customer_id,
    {{ null_if_nan('p_order') }} as p_order
from probabilities
