-- How much a customer is worth (thirds, or unknown) by how likely the customer is to buy less,
-- and what to do with each.
with

customers as (

    select * from {{ ref('activity_values') }}

),

actions as (

    select * from {{ ref('risk_actions') }}

)

select
    actions.value_band,
    actions.risk_band,
    {{ worded('actions.action') }} as action,
    cast(actions.priority as bigint) as priority,
    count(customers.customer_id) as customers,
    {%- for measure in ['expected_margin', 'customer_value', 'value_at_risk'] %}
    case
        when count(customers.customer_id) = 0 then cast(0 as decimal(18, 4))
        else cast(sum(customers.{{ measure }}) as decimal(18, 4))
    end as {{ measure }}{{ ',' if not loop.last }}
    {%- endfor %}
from actions
left join customers
    on actions.value_band = customers.value_band
    and actions.risk_band = customers.risk_band
group by
    actions.value_band,
    actions.risk_band,
    {{ worded('actions.action') }},
    actions.priority
