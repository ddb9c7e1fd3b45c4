-- Who to contact, by which channel and with which offer: the product that the customer
-- is in the list for, else the one that a basket rule offers, else the category that a
-- new customer will probably take to, else the list's offer alone. A list that a red
-- alert concerns has nobody; list_decisions shows who would be in it.
with

stops as (

    select * from {{ ref('list_alerts') }}
    where is_stopping

),

decisions as (

    select * from {{ ref('list_decisions') }}
    where is_in
        and arm = 'treatment'
        and list_name not in (select stops.list_name from stops)

),

lists as (

    select * from {{ ref('lists_priced') }}

),

products as (

    select * from {{ ref('dim_products') }}

),

recommendations as (

    select * from {{ ref('product_recommendations') }}
    where rank = 1
        and source = 'rule'

),

interests as (

    select * from {{ ref('new_customer_predictions') }}
    where target = 'interest'

),

offered as (

    select
        decisions.list_name,
        decisions.customer_id,
        coalesce(decisions.product_id, recommendations.product_id) as product_id,
        decisions.channel,
        lists.offer || case
            when decisions.product_id is not null
                then ': ' || coalesce(products.product_name, decisions.product_id)
            when recommendations.product_id is not null then {{ text(
                ', for example on {product}',
                product='coalesce(recommendations.product_name, recommendations.product_id)'
            ) }}
            when interests.prediction is not null
                then {{ text(', for example in {category}', category='interests.prediction') }}
            else ''
        end as offer,
        case
            when decisions.product_id is not null then lists.source_mart
            when recommendations.product_id is not null then 'basket'
            when interests.prediction is not null then 'new_customers'
            else 'list'
        end as offer_basis,
        decisions.reason,
        decisions.reachability,
        decisions.consent_basis,
        decisions.lift_basis,
        row_number() over (
            partition by decisions.list_name
            order by decisions.rank
        ) as rank,
        decisions.expected_value,
        cast({{ days_after(as_of_date(), 'lists.valid_days') }} as date) as valid_until
    from decisions
    inner join lists
        on decisions.list_name = lists.list_name
    left join products
        on decisions.product_id = products.product_id
    left join recommendations
        on decisions.customer_id = recommendations.customer_id
    left join interests
        on decisions.customer_id = interests.customer_id

)

select
    list_name,
    customer_id,
    product_id,
    channel,
    offer,
    offer_basis,
    reason,
    reachability,
    consent_basis,
    lift_basis,
    rank,
    expected_value,
    valid_until
from offered
