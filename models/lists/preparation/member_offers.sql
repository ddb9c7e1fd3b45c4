-- What a member is offered: the offer that was chosen for the customer, with the product that
-- the customer is in the list for, else the best recommended product that fits the customer, none
-- to too many, else the category that a new customer will probably take to, else the offer alone.
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

offers as (

    select * from {{ ref('contact_values') }}

),

products as (

    select * from {{ ref('dim_products') }}

),

examples as (

    select * from {{ ref('member_products') }}

),

interests as (

    select * from {{ ref('new_customer_predictions') }}
    where target = 'interest'

)

select
    decisions.list_name,
    decisions.customer_id,
    coalesce(decisions.product_id, examples.product_id) as product_id,
    offers.offer || case
        when decisions.product_id is not null
            then ': ' || coalesce(products.product_name, decisions.product_id)
        when examples.product_id is not null then {{ text(
            ', for example on {product}', product='examples.known_name'
        ) }}
        when interests.prediction is not null
            then {{ text(', for example in {category}', category='interests.prediction') }}
        else ''
    end as offer,
    case
        when decisions.product_id is not null then lists.source_mart
        when examples.product_id is not null then 'recommendations'
        when interests.prediction is not null then 'new_customers'
        else 'list'
    end as offer_basis,
    case when examples.product_id is not null then {{ text(
        '{reason}; suggested product: {why}', reason='decisions.reason', why='examples.reason'
    ) }} else decisions.reason end as reason
from decisions
inner join lists
    on decisions.list_name = lists.list_name
inner join offers
    on decisions.list_name = offers.list_name
    and decisions.customer_id = offers.customer_id
    and decisions.variant = offers.variant
left join products
    on decisions.product_id = products.product_id
left join examples
    on decisions.list_name = examples.list_name
    and decisions.customer_id = examples.customer_id
left join interests
    on decisions.customer_id = interests.customer_id
