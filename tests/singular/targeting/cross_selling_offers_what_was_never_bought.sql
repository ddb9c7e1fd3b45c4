-- The product of a candidate was never bought by the customer, fits, is what the chosen method
-- offers, and goes to no more customers than the list may offer it to.
with

candidates as (

    select * from {{ ref('candidates_cross_sell') }}

),

bought as (

    select distinct
        lines.customer_id,
        lines.product_id
    from {{ ref('fct_order_lines') }} as lines
    inner join candidates
        on lines.customer_id = candidates.customer_id
        and lines.product_id = candidates.product_id
    where lines.is_bought

),

chosen_methods as (

    select distinct method
    from {{ ref('recommendation_evaluations') }}
    where is_chosen
        and regime = 'new'
        and method <> 'popularity'

),

recommendations as (

    select new_products.*
    from {{ ref('new_product_recommendations') }} as new_products
    inner join chosen_methods
        on new_products.method = chosen_methods.method
    where new_products.is_fitting

),

sizes as (

    select greatest(max(lists.capacity), count(distinct recommendations.customer_id)) as customers
    from recommendations
    inner join {{ ref('lists_priced') }} as lists
        on lists.list_name = 'cross_sell'

),

faults as (

    select
        candidates.customer_id,
        candidates.product_id
    from candidates
    left join bought
        on candidates.customer_id = bought.customer_id
        and candidates.product_id = bought.product_id
    left join recommendations
        on candidates.customer_id = recommendations.customer_id
        and candidates.product_id = recommendations.product_id
    where bought.product_id is not null
        or recommendations.product_id is null

    union all

    select
        cast(null as string) as customer_id,
        candidates.product_id
    from candidates
    cross join sizes
    group by candidates.product_id, sizes.customers
    having count(*) > {{ most_of_product('sizes.customers') }}

)

select * from faults
