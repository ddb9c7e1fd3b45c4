-- Lines until the start of the campaign, and spend by category, which has no date.
{% set category_places = [1, 2, 3, 4, 5] -%}
with

contacts as (

    select * from {{ ref('response_contacts') }}

),

totals as (

    select * from {{ ref('customer_totals') }}
    where basis = 'bought'
        and source = 'totals'

),

labels as (

    select * from {{ ref('customer_pivot_labels') }}
    where dimension = 'category'

),

lines_spent as (

    select
        contacts.campaign_id,
        contacts.customer_id,
        products.category_1 as category,
        sum(lines.placed_revenue) as revenue,
        count(*) as lines,
        count(*) filter (where lines.discount > 0) as discounted_lines
    from contacts
    inner join {{ ref('fct_order_lines') }} as lines
        on contacts.customer_id = lines.customer_id
        and contacts.cutoff_at > lines.ordered_at
    inner join {{ ref('dim_products') }} as products
        on lines.product_id = products.product_id
    where lines.is_placed
    group by contacts.campaign_id, contacts.customer_id, products.category_1

    union all

    select
        contacts.campaign_id,
        contacts.customer_id,
        spend.category,
        spend.revenue,
        cast(null as bigint) as lines,
        cast(null as bigint) as discounted_lines
    from contacts
    inner join totals
        on contacts.customer_id = totals.customer_id
    inner join {{ by_person('customer_category_spend') }} as spend
        on contacts.customer_id = spend.customer_id
    where contacts.is_current
        and spend.decision = 'accepted'
        and spend.revenue > 0

)

select
    lines_spent.campaign_id,
    lines_spent.customer_id,
    count(lines_spent.category) as categories,
    {{ ratio('max(lines_spent.revenue)', 'sum(lines_spent.revenue)') }}
        as favourite_category_share,
    {{ ratio('sum(lines_spent.discounted_lines)', 'sum(lines_spent.lines)') }}
        as discounted_share
    {%- for place in category_places %},
    coalesce(
        sum(lines_spent.revenue) filter (where labels.place = {{ place }}), 0
    ) as category_{{ place }}_spend
    {%- endfor %}
from lines_spent
left join labels
    on lines_spent.category = labels.member
group by lines_spent.campaign_id, lines_spent.customer_id
