-- The shop's largest categories and cities by bought revenue: what the numbered
-- shares of customer_pivot stand for. Customers without orders count by spend
-- from totals.
with

-- Asked more than once, and too many to be held meanwhile.
order_lines as {{ not_materialized() }} (

    select * from {{ ref('fct_order_lines') }}
    where is_bought

),

members as (

    select
        'category' as dimension,
        products.category_1 as member,
        order_lines.bought_revenue
    from order_lines
    inner join {{ ref('dim_products') }} as products
        on order_lines.product_id = products.product_id

    union all

    select
        'city' as dimension,
        city as member,
        bought_revenue
    from order_lines

    union all

    select
        'category' as dimension,
        spend.category as member,
        spend.revenue as bought_revenue
    from {{ by_person('customer_category_spend') }} as spend
    inner join {{ ref('customer_totals') }} as totals
        on spend.customer_id = totals.customer_id
        and totals.basis = 'bought'
        and totals.source = 'totals'
    where spend.decision = 'accepted'
        and spend.revenue > 0

),

summed as (

    select
        dimension,
        member,
        sum(bought_revenue) as revenue
    from members
    where member is not null
    group by dimension, member

),

ranked as (

    select
        *,
        row_number() over (
            partition by dimension order by revenue desc, member
        ) as place
    from summed

)

select
    dimension,
    member,
    cast(place as bigint) as place,
    cast(revenue as decimal(18, 4)) as revenue
from ranked
where place <= 5
