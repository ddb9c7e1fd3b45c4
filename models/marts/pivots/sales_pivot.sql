-- What all lines of an order share, its time and place, is grouped by order first,
-- which leaves few rows, and goods are summed by product. Distinct orders and customers
-- are counted as groups of pairs with each dimension, half the time and memory of
-- counting them in one pass for all; those of categories by masks, in less again. A
-- dimension that the dataset does not have is left out.
{% set times = ['month', 'week', 'day', 'weekday', 'hour'] -%}
{% set places = [
    'country', 'region', 'city', 'channel', 'delivery_method', 'payment_method',
] -%}
{% set order_dimensions = times + places + ['geography'] -%}
{% set categories = ['category_1', 'category_2', 'category_3'] -%}
{% set goods_dimensions = categories + ['product'] -%}
{% set periods = {'month': '1 month', 'week': '7 days', 'day': '1 day'} -%}
with

-- Asked more than once, and too many to be held meanwhile.
order_lines as {{ not_materialized() }} (

    select * from {{ ref('fct_order_lines') }}
    where is_modelled

),

products as (

    select * from {{ ref('dim_products') }}

),

-- Where an order's lines differ in time or place it has several parts.
order_parts as (

    select
        order_id,
        customer_id,
        {%- for place in places %}
        {{ place }},
        {%- endfor %}
        date_trunc('hour', ordered_at) as ordered_hour,
        {%- for basis in ['placed', 'bought'] %}
        count(*) filter (where is_{{ basis }}) as {{ basis }}_lines,
        sum({{ basis }}_units) as {{ basis }}_units,
        sum({{ basis }}_revenue) as {{ basis }}_revenue,
        sum({{ basis }}_margin) as {{ basis }}_margin,
        sum({{ basis }}_revenue) filter (where {{ basis }}_margin is not null)
            as {{ basis }}_revenue_of_known_margin,
        {%- endfor %}
        sum(refund) as refund
    from order_lines
    group by order_id, customer_id, {{ places | join(', ') }}, ordered_hour

),

labelled_parts as (

    select
        *,
        {{ month_label('ordered_hour') }} as month,
        {{ week_label('ordered_hour') }} as week,
        {{ day_label('ordered_hour') }} as day,
        {{ weekday_label('ordered_hour') }} as weekday,
        {{ hour_label('ordered_hour') }} as hour,
        nullif(concat_ws(' / ', country, region, city), '') as geography
    from order_parts

),

summed_products as (

    select
        product_id as product,
        {%- for basis in ['placed', 'bought'] %}
        count(*) filter (where is_{{ basis }}) as {{ basis }}_lines,
        sum({{ basis }}_units) as {{ basis }}_units,
        sum({{ basis }}_revenue) as {{ basis }}_revenue,
        sum({{ basis }}_margin) as {{ basis }}_margin,
        sum({{ basis }}_revenue) filter (where {{ basis }}_margin is not null)
            as {{ basis }}_revenue_of_known_margin,
        {%- endfor %}
        sum(refund) as refund
    from order_lines
    group by product_id

),

labelled_goods as (

    select
        summed_products.*,
        products.category_1,
        products.category_2,
        products.category_3
    from summed_products
    inner join products
        on summed_products.product = products.product_id

),

{% for rows, dimensions in {
    'parts': order_dimensions, 'goods': goods_dimensions,
}.items() -%}
summed_{{ rows }} as (

    select
        case
            {%- for dimension in dimensions %}
            when grouping({{ dimension }}) = 0 then '{{ dimension }}'
            {%- endfor %}
        end as dimension,
        coalesce({{ dimensions | join(', ') }}) as member,
        {%- for basis in ['placed', 'bought'] %}
        sum({{ basis }}_lines) as {{ basis }}_lines,
        sum({{ basis }}_units) as {{ basis }}_units,
        sum({{ basis }}_revenue) as {{ basis }}_revenue,
        sum({{ basis }}_margin) as {{ basis }}_margin,
        sum({{ basis }}_revenue_of_known_margin)
            as {{ basis }}_revenue_of_known_margin,
        {%- endfor %}
        sum(refund) as returns_amount
    from labelled_{{ rows }}
    group by grouping sets ( -- noqa: PRS
        {%- for dimension in dimensions %}
        ({{ dimension }}){{ ',' if not loop.last }}
        {%- endfor %}
    )

),

{% endfor -%}
{% for key in ['order', 'customer'] -%}
{{ key }}s_of_parts as (
    {%- for dimension in order_dimensions %}

    select
        '{{ dimension }}' as dimension,
        member,
        {%- for basis in ['placed', 'bought'] %}
        count(*) filter (where is_{{ basis }}) as {{ basis }}_{{ key }}s
        {{- ',' if not loop.last }}
        {%- endfor %}
    from (
        select
            {{ dimension }} as member,
            {%- for basis in ['placed', 'bought'] %}
            bool_or({{ basis }}_lines > 0) as is_{{ basis }}
            {{- ',' if not loop.last }}
            {%- endfor %}
        from labelled_parts
        where {{ key }}_id is not null
        group by {{ dimension }}, {{ key }}_id
    ) as pairs
    group by member
    {%- if not loop.last %}

    union all
    {%- endif %}
    {%- endfor %}

),

{% endfor -%}
-- The categories of an order are bits of a mask, one for each block of 64 categories.
numbered_products as (

    select
        product_id
        {%- for category in categories %},
        {{ category }},
        dense_rank() over (order by {{ category }}) - 1 as {{ category }}_number
        {%- endfor %}
    from products

),

category_members as (
    {%- for category in categories %}

    select distinct
        '{{ category }}' as dimension,
        {{ category }} as member,
        {{ category }}_number as number
    from numbered_products
    {%- if not loop.last %}

    union all
    {%- endif %}
    {%- endfor %}

),

product_bits as (

    select
        product_id
        {%- for category in categories %},
        {{ number_block(category ~ '_number') }} as {{ category }}_block,
        {{ number_bit(category ~ '_number') }} as {{ category }}_bit
        {%- endfor %}
    from numbered_products

),

order_categories as (

    select
        order_lines.order_id,
        order_lines.customer_id
        {%- for category in categories %},
        product_bits.{{ category }}_block
        {%- for basis in ['placed', 'bought'] %},
        bit_or(product_bits.{{ category }}_bit) filter (where order_lines.is_{{ basis }})
            as {{ basis }}_{{ category }}
        {%- endfor %}
        {%- endfor %}
    from order_lines
    inner join product_bits
        on order_lines.product_id = product_bits.product_id
    group by
        order_lines.order_id,
        order_lines.customer_id
        {%- for category in categories %},
        product_bits.{{ category }}_block
        {%- endfor %}

),

{% for key in ['order', 'customer'] -%}
{% for category in categories -%}
{{ key }}_{{ category }} as (

    select
        {{ category }}_block as block,
        bit_or(placed_{{ category }}) as placed,
        bit_or(bought_{{ category }}) as bought
    from order_categories
    where {{ key }}_id is not null
    group by {{ key }}_id, {{ category }}_block

),

{% endfor -%}
{{ key }}s_of_goods as (
    {%- for category in categories %}

    select
        '{{ category }}' as dimension,
        members.member,
        {%- for basis in ['placed', 'bought'] %}
        count(*) filter (where (masks.{{ basis }} & {{ number_bit('members.number') }}) <> 0)
            as {{ basis }}_{{ key }}s
            {{- ',' if not loop.last }}
        {%- endfor %}
    from category_members as members
    inner join {{ key }}_{{ category }} as masks
        on members.dimension = '{{ category }}'
        and {{ number_block('members.number') }} = masks.block
    group by members.member

    union all
    {%- endfor %}

    {% if key == 'order' -%}
    select
        'product' as dimension,
        product_id as member,
        count(*) filter (where is_placed) as placed_orders,
        count(*) filter (where is_bought) as bought_orders
    from (
        select
            product_id,
            bool_or(is_placed) as is_placed,
            bool_or(is_bought) as is_bought
        from order_lines
        group by product_id, order_id
    ) as pairs
    {%- else -%}
    select
        'product' as dimension,
        product_id as member,
        count(*) as placed_customers,
        count(*) filter (where current_purchases > 0) as bought_customers
    from {{ ref('customer_products') }}
    {%- endif %}
    group by product_id

),

{% endfor -%}
grouped as (

    {% for rows in ['parts', 'goods'] -%}
    select
        sums.*,
        {%- for basis in ['placed', 'bought'] %}
        orders.{{ basis }}_orders,
        coalesce(customers.{{ basis }}_customers, 0) as {{ basis }}_customers
        {{- ',' if not loop.last }}
        {%- endfor %}
    from summed_{{ rows }} as sums
    inner join orders_of_{{ rows }} as orders
        on sums.dimension = orders.dimension
        and sums.member is not distinct from orders.member
    left join customers_of_{{ rows }} as customers
        on sums.dimension = customers.dimension
        and sums.member is not distinct from customers.member
    {%- if not loop.last %}

    union all

    {% endif -%}
    {%- endfor %}

),

had as (

    select
        *,
        count(member) over (partition by dimension) > 0 as is_dimension_had
    from grouped

),

based as (

    {% for basis in ['placed', 'bought'] -%}
    select
        '{{ basis }}' as basis,
        dimension,
        coalesce(member, 'unknown') as member,
        {{ basis }}_revenue as revenue,
        {{ basis }}_margin as gross_margin,
        {{ basis }}_revenue_of_known_margin as revenue_of_known_margin,
        {{ basis }}_orders as orders,
        {{ basis }}_lines as lines,
        {{ basis }}_units as units,
        {{ basis }}_customers as customers,
        returns_amount
    from had
    where is_dimension_had
    {%- if not loop.last %}

    union all

    {% endif -%}
    {%- endfor %}

),

-- Which periods are whole: a month half past says nothing of a change.
ends as (

    select
        date_trunc('day', min(ordered_at)) as first_day,
        {{ as_of_date() }} as as_of_date
    from order_lines

),

started as (

    select
        *,
        case dimension
            when 'month' then cast(member || '-01' as date)
            when 'week' then cast(member as date)
            when 'day' then cast(member as date)
        end as period_start_date
    from based
    where orders > 0
        or returns_amount <> 0

),

dated as (

    select
        started.*,
        {% for shift in ['previous', 'year_ago'] -%}
        case started.dimension
            {%- for dimension, period in periods.items() %}
            when '{{ dimension }}' then started.period_start_date - interval '
                {{- period if shift == 'previous'
                    else '12 months' if dimension == 'month' else '364 days' -}}
            '
            {%- endfor %}
        end as {{ shift }}_start,
        {% endfor -%}
        case started.dimension
            {%- for dimension, period in periods.items() %}
            when '{{ dimension }}' then started.period_start_date + interval '{{ period }}'
            {%- endfor %}
        end <= ends.as_of_date and started.period_start_date >= ends.first_day
            as is_whole_period,
        ends.first_day
    from started
    cross join ends

),

-- A whole period without sales has no row; it counts as zero.
compared as (

    select
        dated.*,
        {% for shift in ['previous', 'year_ago'] -%}
        case
            when dated.is_whole_period
                and dated.{{ shift }}_start >= dated.first_day
                then coalesce({{ shift }}.revenue, 0)
        end as {{ shift }}_revenue
        {{- ',' if not loop.last }}
        {% endfor -%}
    from dated
    {%- for shift in ['previous', 'year_ago'] %}
    left join started as {{ shift }}
        on dated.basis = {{ shift }}.basis
        and dated.dimension = {{ shift }}.dimension
        and dated.{{ shift }}_start = {{ shift }}.period_start_date
    {%- endfor %}

)

select
    basis,
    dimension,
    member,
    cast(revenue as decimal(18, 4)) as revenue,
    cast(gross_margin as decimal(18, 4)) as gross_margin,
    {{ ratio('gross_margin', 'revenue_of_known_margin') }} as margin_share,
    orders,
    cast(lines as bigint) as lines,
    cast(units as decimal(18, 3)) as units,
    customers,
    cast(returns_amount as decimal(18, 4)) as returns_amount,
    {{ ratio('revenue', 'orders') }} as mean_order_value,
    {{ ratio('gross_margin', 'orders') }} as margin_per_order,
    {{ ratio('lines', 'orders') }} as lines_per_order,
    {{ ratio('gross_margin', 'customers') }} as margin_per_customer,
    cast(previous_revenue as decimal(18, 4)) as previous_revenue,
    {{ ratio('revenue - previous_revenue', 'previous_revenue') }} as previous_change,
    cast(year_ago_revenue as decimal(18, 4)) as year_ago_revenue,
    {{ ratio('revenue - year_ago_revenue', 'year_ago_revenue') }} as year_change,
    cast(period_start_date as date) as period_start_date
from compared
