{#
    CTEs that rank what the groups of a relation buy, of each group the hundred products
    most bought, which are enough to choose from; `name` is the last of them.
    Who buys what is looked up for the requested segments, and already known for
    all customers.

    {{ rank_popular('popular', 'asked_groups') }}
        ->  popular_in_segments as (…), popular_bought as (…), popular as (…)

    method   reason_code        customers  product_id  buyers  place
    segment  the segment Loyal  20         A           5       1
#}
{%- macro rank_popular(name, groups) -%}
{{ name }}_in_segments as (

    select
        buyers.segment,
        purchases.product_id,
        count(*) as buyers
    from purchases
    inner join buyers
        on purchases.customer_id = buyers.customer_id
    inner join {{ groups }}
        on {{ groups }}.method = 'segment'
        and buyers.segment is not distinct from {{ groups }}.segment
    group by buyers.segment, purchases.product_id

),

{{ name }}_bought as (

    select
        {{ groups }}.method,
        {{ groups }}.reason_code,
        {{ groups }}.customers,
        {{ name }}_in_segments.product_id,
        {{ name }}_in_segments.buyers
    from {{ name }}_in_segments
    inner join {{ groups }}
        on {{ groups }}.method = 'segment'
        and {{ name }}_in_segments.segment is not distinct from {{ groups }}.segment

    union all

    select
        {{ groups }}.method,
        {{ groups }}.reason_code,
        {{ groups }}.customers,
        products.product_id,
        products.buyers
    from products
    inner join {{ groups }}
        on {{ groups }}.method = 'popularity'
    where products.buyers > 0

),

{{ name }} as (

    select
        bought.*,
        row_number() over (
            partition by bought.method, bought.reason_code
            order by bought.buyers desc, products.buyers desc, products.product_id
        ) as place
    from {{ name }}_bought as bought
    inner join products
        on bought.product_id = products.product_id
        and products.is_offered
    qualify place <= 100

)
{%- endmacro -%}
