-- Customers with a product that is due by how long it usually lasts them, still offered,
-- and in a state that was bought sooner than what is not yet due when tested. Of several
-- the one with the highest expected margin.
with

states as (

    select * from {{ ref('replenishment_evaluations') }}
    where period = 'test'
        and is_used

),

due as (

    select * from {{ ref('replenishment') }}
    where is_offered

),

valued as (

    select
        due.*,
        states.bought_share,
        states.window_days,
        coalesce(cast(due.line_margin as double) * states.bought_share, 0) as expected_margin
    from due
    inner join states
        on due.rhythm = states.rhythm
        and due.state = states.state

)

select
    customer_id,
    product_id,
    {{ text(
        '{product}: {reason}; of what was so far along {share} was bought within {window} when tested',
        product='coalesce(product_name, product_id)',
        reason='reason',
        share=percent_text('bought_share'),
        window=counted('cast(floor(window_days) as bigint)', 'day|days')
    ) }} as reason,
    expected_margin as score
from valued
qualify row_number() over (
    partition by customer_id
    order by expected_margin desc, bought_share desc, days_overdue desc, product_id
) = 1
