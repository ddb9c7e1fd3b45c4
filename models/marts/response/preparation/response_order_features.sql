-- Orders until the start of the campaign, else totals where it has no date.
{% set places = ['first', 'second', 'third'] -%}
with

contacts as (

    select * from {{ ref('response_contacts') }}

),

customers as (

    select * from {{ ref('dim_customers') }}

),

totals as (

    select * from {{ ref('customer_totals') }}
    where basis = 'bought'
        and source = 'totals'

),

orders as (

    select * from {{ ref('fct_orders') }}
    where is_placed
        and customer_id is not null

),

channels as (

    select * from {{ ref('customer_channels') }}

),

channel_places as (

    select distinct
        channel,
        channel_place
    from channels

),

ordered as (

    select
        contacts.campaign_id,
        contacts.customer_id,
        {{ elapsed_days('max(orders.ordered_at)', 'max(contacts.cutoff_at)') }} as recency_days,
        {{ elapsed_days('min(orders.ordered_at)', 'max(contacts.cutoff_at)') }} as tenure_days,
        count(*) as orders,
        sum(orders.placed_revenue) as revenue
        {%- for place in places %},
        count(*) filter (where channel_places.channel_place = {{ loop.index }})
            as {{ place }}_channel_orders
        {%- endfor %}
    from contacts
    inner join orders
        on contacts.customer_id = orders.customer_id
        and contacts.cutoff_at > orders.ordered_at
    left join channel_places
        on orders.channel = channel_places.channel
    group by contacts.campaign_id, contacts.customer_id

),

channels_summed as (

    select
        customer_id
        {%- for place in places %},
        sum(case when channel_place = {{ loop.index }} then orders else 0 end)
            as {{ place }}_channel_orders
        {%- endfor %}
    from channels
    group by customer_id

)

select
    contacts.campaign_id,
    contacts.customer_id,
    {%- for measure in ['recency_days', 'orders', 'revenue'] %}
    coalesce(ordered.{{ measure }}, totals.{{ measure }}) as {{ measure }},
    {%- endfor %}
    coalesce(
        case when customers.registered_at < contacts.cutoff_at
            then {{ elapsed_days('customers.registered_at', 'contacts.cutoff_at') }} end,
        ordered.tenure_days,
        totals.tenure_days
    ) as tenure_days
    {%- for place in places %},
    coalesce(
        ordered.{{ place }}_channel_orders,
        channels_summed.{{ place }}_channel_orders
    ) as {{ place }}_channel_orders
    {%- endfor %}
from contacts
inner join customers
    on contacts.customer_id = customers.customer_id
left join ordered
    on contacts.campaign_id = ordered.campaign_id
    and contacts.customer_id = ordered.customer_id
left join totals
    on contacts.customer_id = totals.customer_id
    and contacts.is_current
left join channels_summed
    on totals.customer_id = channels_summed.customer_id
