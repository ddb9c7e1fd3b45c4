-- The product that a member is shown as an example: the best recommended one that fits, none to
-- too many. Not of lists that are about a product.
{{ config(materialized='ephemeral') }}
with

decisions as (

    select * from {{ ref('list_decisions') }}
    where is_in
        and arm = 'treatment'

),

lists as (

    select * from {{ ref('lists_priced') }}

),

recommendations as (

    select * from {{ ref('product_recommendations') }}
    where is_fitting

),

sizes as (

    select
        list_name,
        count(*) as customers
    from decisions
    group by list_name

),

wishes as (

    select
        decisions.list_name,
        decisions.customer_id,
        recommendations.product_id,
        row_number() over (
            partition by decisions.list_name, decisions.customer_id
            order by recommendations.rank
        ) as place,
        decisions.rank as turn,
        {{ most_of_product('coalesce(lists.capacity, sizes.customers)') }} as most
    from decisions
    inner join lists
        on decisions.list_name = lists.list_name
    inner join sizes
        on decisions.list_name = sizes.list_name
    inner join recommendations
        on decisions.customer_id = recommendations.customer_id
    where decisions.product_id is null

),

{{ spread_products('wishes') }}

select
    spread.list_name,
    spread.customer_id,
    spread.product_id,
    coalesce(recommendations.product_name, recommendations.product_id) as known_name,
    recommendations.reason
from spread
inner join recommendations
    on spread.customer_id = recommendations.customer_id
    and spread.product_id = recommendations.product_id
