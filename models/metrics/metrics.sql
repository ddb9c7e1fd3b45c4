-- Each metric once, for each month and segment and for all of either. The sums add up
-- from orders; what is counted once (customers) or divided (means, rates) does not, so
-- every combination is measured from the orders themselves.
with

sales as (

    select * from {{ ref('metric_sales') }}

),

list_sizes as (

    select * from {{ ref('metric_list_sizes') }}

),

campaigns as (

    select * from {{ ref('metric_lifts') }}

),

definitions as (

    select * from {{ ref('metric_definitions') }}

),

measured as (

    {% for metric, source, numerator, denominator in [
        ('revenue', 'sales', 'revenue', none),
        ('orders', 'sales', 'orders', none),
        ('customers', 'sales', 'customers', none),
        ('average_order_value', 'sales', 'revenue', 'orders'),
        ('repeat_rate', 'sales', 'repeat_customers', 'customers'),
        ('margin', 'sales', 'margin', none),
        ('list_size', 'list_sizes', 'members', none),
        ('lift', 'campaigns', 'added_customers', 'treatment_customers'),
    ] -%}
    select
        '{{ metric }}' as metric,
        month,
        segment,
        cast({{ numerator }} as decimal(18, 4)) as numerator,
        cast({{ denominator or 'null' }} as decimal(18, 4)) as denominator,
        {% if denominator -%}
        {{ ratio(numerator, denominator) }} as value
        {%- else -%}
        cast({{ numerator }} as double) as value
        {%- endif %}
    from {{ source }}
    {%- if not loop.last %}

    union all

    {% endif -%}
    {%- endfor %}

)

select
    measured.metric,
    measured.month,
    measured.segment,
    definitions.unit,
    measured.value,
    measured.numerator,
    measured.denominator,
    definitions.is_additive,
    cast(case
        when measured.month not in ('all', 'undated') then measured.month || '-01'
    end as date) as month_start_date
from measured
inner join definitions
    on measured.metric = definitions.metric
where measured.value is not null
