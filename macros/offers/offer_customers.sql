{#
    CTEs of the customers who get offers as of a day, `evaluation` or `current`, and
    what was bought and sold by then; `customers` is the last of them. On the test
    period these are who bought in it: all, or a sample by the vars
    recommendation_test_share and recommendation_test_customers.

    purchases  customer_id  product_id  purchases  days_ago
               C1           A           2          30

    products   recommendation_products as of the day

    buyers     customer_id  segment        customers  customer_id
               C1           Loyal                     C1
#}
{%- macro offer_customers(as_of) -%}
-- Asked again and again, and too many to be held meanwhile.
purchases as {{ not_materialized() }} (

    select
        bought.customer_id,
        bought.product_id,
        bought.{{ as_of }}_purchases as purchases,
        cast(floor(
            (as_of_days.{{ as_of }}_seconds - bought.{{ as_of }}_last_seconds) / 86400
        ) as bigint) as days_ago
    from {{ ref('customer_products') }} as bought
    cross join {{ ref('recommendation_days') }} as as_of_days
    where bought.{{ as_of }}_purchases > 0

),

products as (

    select * from {{ ref('recommendation_products') }}
    where as_of = '{{ as_of }}'

),

periods as (

    select * from {{ ref('basket_periods') }}

),

known_segments as (
    {%- if as_of == 'current' %}

    select
        customer_id,
        segment
    from {{ ref('rfm_scores') }}
    where basis = 'bought'
    {%- else %}

    -- The last month end before that day: a later one would know too much.
    select
        month_ends.customer_id,
        month_ends.segment
    from {{ ref('rfm_month_ends') }} as month_ends
    cross join periods
    where month_ends.basis = 'bought'
        and {{ epoch_seconds('month_ends.month_end_date') }}
            <= periods.validation_until_seconds
    qualify month_ends.month_end_date = max(month_ends.month_end_date) over ()
    {%- endif %}

),

-- Everyone who bought, for what is popular; offers are for `customers`.
buyers as (

    select
        bought.customer_id,
        known_segments.segment
    from (select customer_id from purchases group by customer_id) as bought
    left join known_segments
        on bought.customer_id = known_segments.customer_id

),

customers as (

    select customer_id from buyers
    {%- if as_of == 'evaluation' %}
    where customer_id in (
        select orders.customer_id
        from {{ ref('fct_orders') }} as orders
        cross join periods
        where orders.is_bought
            and {{ epoch_seconds('orders.ordered_at') }} > periods.validation_until_seconds
    )
        and {{ hash_bucket("'recommendation_tests|'", 'customer_id') }}
        < 10000 * {{ var('recommendation_test_share') }}
    qualify row_number() over (
        order by {{ hash_bucket("'recommendation_tests|'", 'customer_id') }}, customer_id
    ) <= {{ var('recommendation_test_customers') }}
    {%- endif %}

)
{%- endmacro -%}
