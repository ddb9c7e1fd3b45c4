-- Active customers with a product that they never bought, from the method that predicted
-- best what is bought for the first time: the first offer that fits the customer, of those at
-- ranks that were bought more often than what is popular; no product goes to too many. The list
-- is of what goes with what was bought: where sure rules of orders say what does, only what one
-- leads to. Where no method is ahead of popularity, there is no reason to write.
with

tested_offers as (

    select * from {{ ref('cross_sell_offers') }}

),

-- Who could be in the list may be more than it holds.
sizes as (

    select greatest(
        count(distinct tested_offers.customer_id), coalesce(max(lists.capacity), 0)
    ) as customers
    from tested_offers
    left join {{ ref('lists_priced') }} as lists
        on lists.list_name = 'cross_sell'

),

wishes as (

    select
        'cross_sell' as list_name,
        tested_offers.customer_id,
        tested_offers.product_id,
        row_number() over (
            partition by tested_offers.customer_id order by tested_offers.rank
        ) as place,
        -tested_offers.score as turn,
        {{ most_of_product('sizes.customers') }} as most
    from tested_offers
    cross join sizes

),

{{ spread_products('wishes') }}

select
    tested_offers.customer_id,
    tested_offers.product_id,
    {{ text(
        '{reason}; of such offers {share} were bought when tested; last order {days} ago',
        reason='tested_offers.reason',
        share=percent_text('tested_share'),
        days=counted('tested_offers.recency_days', 'day|days')
    ) }} as reason,
    tested_offers.score
from tested_offers
inner join spread
    on tested_offers.customer_id = spread.customer_id
    and tested_offers.product_id = spread.product_id
