-- Profile of each customer, one characteristic a row. Where there are very many
-- customers, as many as var group_customers, drawn by a hash.
{% set numbers = {
    'age': 'customers.age_years',
    'income': 'customers.income',
    'tenure': 'features.tenure_days',
    'average_order_value': 'features.average_order_value',
    'deal_share': 'features.discounted_share',
    'response_rate': 'responses.response_rate',
} -%}
{% set words = {
    'household': 'household',
    'education': 'customers.education',
    'marital_status': 'customers.marital_status',
    'preferred_channel': 'behaviour.preferred_channel',
} -%}
with

customers as (

    select
        *,
        case
            when children = 0 then 'no children'
            when children = 1 then 'one child'
            when children = 2 then 'two children'
            when children > 2 then 'more children'
        end as household
    from {{ ref('dim_customers') }}

),

features as (

    select * from {{ ref('cluster_features') }}
    qualify row_number() over (
        order by md5(customer_id), customer_id
    ) <= {{ var('group_customers') }}

),

behaviour as (

    select * from {{ ref('customer_pivot') }}

),

responses as (

    select
        customer_id,
        {{ ratio('count(*) filter (where has_responded)', 'count(*)') }} as response_rate
    from {{ ref('contact_responses') }}
    group by customer_id

),

joined as (

    select
        features.customer_id,
        {%- for name, column in words.items() %}
        {{ column }} as {{ name }},
        {%- endfor %}
        {%- for name, column in numbers.items() %}
        cast({{ column }} as decimal(18, 6)) as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from features
    inner join customers
        on features.customer_id = customers.customer_id
    left join behaviour
        on features.customer_id = behaviour.customer_id
    left join responses
        on features.customer_id = responses.customer_id

)

{% for name in words | list + numbers | list -%}
select
    customer_id,
    '{{ name }}' as characteristic,
    {{ name if name in words else 'cast(null as string)' }} as word,
    {{ name if name in numbers else 'cast(null as decimal(18, 6))' }} as value
from joined
{%- if not loop.last %}

union all

{% endif -%}
{%- endfor %}
