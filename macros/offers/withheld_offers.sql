{#
    CTEs of what is not offered to a customer: what was bought within the
    typical repurchase gap; `withheld` is the last of them. `bands` has the
    price band of most of what the customer bought. Before them stand the CTEs
    of `offer_customers`.

    bands     customer_id  price_band
              C1           lower

    withheld  customer_id  product_id
              C1           A
#}
{%- macro withheld_offers(as_of) -%}
{% if as_of == 'evaluation' -%}
own_purchases as (

    select purchases.*
    from purchases
    inner join customers
        on purchases.customer_id = customers.customer_id

),

{% else -%}
own_purchases as {{ not_materialized() }} (

    select * from purchases

),

{% endif -%}
bands as (

    select
        own_purchases.customer_id,
        products.price_band
    from own_purchases
    inner join products
        on own_purchases.product_id = products.product_id
    group by own_purchases.customer_id, products.price_band
    qualify row_number() over (
        partition by own_purchases.customer_id
        order by sum(own_purchases.purchases) desc, products.price_band
    ) = 1

),

-- Asked more than once, each time for few of the products.
withheld as {{ not_materialized() }} (

    select
        own_purchases.customer_id,
        own_purchases.product_id
    from own_purchases
    inner join products
        on own_purchases.product_id = products.product_id
    where products.repurchase_days is null
        or own_purchases.days_ago < products.repurchase_days

)
{%- endmacro -%}
