-- Who is held out of every list now: by the own draw, or by that of a key that was a person of
-- its own when the period's draw was made.
{% set holdout_salt = "'" ~ project_name ~ "|' || holdout.period || '|'" -%}
with

holdout as (

    select
        period,
        share
    from {{ ref('holdout_windows') }}
    where is_current

),

drawn as (

    select customers.customer_id
    from {{ ref('dim_customers') }} as customers
    cross join holdout
    where {{ hash_bucket(holdout_salt, 'customers.customer_id') }} < 10000 * holdout.share

),

by_other_keys as (

    select distinct customer_id from {{ ref('holdout_draws') }}
    where is_current
        and is_in_holdout

)

select
    coalesce(drawn.customer_id, by_other_keys.customer_id) as customer_id,
    drawn.customer_id is not null as is_drawn
from drawn
full outer join by_other_keys
    on drawn.customer_id = by_other_keys.customer_id
