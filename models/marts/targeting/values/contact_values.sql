-- What a message of a list, with each of its offers, is worth to whom: the difference it makes,
-- times the margin of an order, less what it costs.
with

candidates as (

    select * from {{ ref('contact_differences') }}

),

lists as (

    select * from {{ ref('lists_priced') }}

),

valued as (

    select
        *,
        case value_basis
            when 'uplift' then {{ text('predicted for the person') }}
            when 'segment' then {{ text('measured in past campaigns for the segment') }}
            when 'list' then {{ text('measured in past campaigns of the list') }}
            else {{ text('assumed') }}
        end as basis_text,
        cast(
            -- No message is sent so that somebody does not order.
            case when difference < 0 and order_margin < 0
                then 0
                else difference * cast(order_margin as double)
            end
            - cast(contact_cost as double)
            - (p_without + difference) * cast(offer_cost as double)
            as decimal(18, 4)
        ) as expected_value,
        cast(
            cast(contact_cost as double)
            + (p_without + difference) * cast(offer_cost as double)
            as decimal(18, 4)
        ) as planned_cost
    from candidates

)

select
    valued.list_name,
    valued.customer_id,
    valued.variant,
    valued.offer,
    valued.segment,
    case when lists.lift_basis = 'responses' then 'responses' else valued.value_basis end
        as value_basis,
    case
        when lists.lift_basis = 'responses'
            then {{ text('value of a response that is predicted') }}
        else {{ text(
            'orders {without} % without the message, {with} % with it: {basis}',
            without=rounded_text('100 * valued.p_without'),
            basis='valued.basis_text',
            **{'with': rounded_text('100 * (valued.p_without + valued.difference)')}
        ) }}
    end as value_reason,
    valued.margin_basis,
    valued.p_without,
    valued.p_without + valued.difference as p_with,
    valued.difference,
    valued.difference_se,
    cast(valued.order_margin as decimal(18, 4)) as order_margin,
    valued.planned_cost,
    valued.expected_value,
    valued.difference_se
    * abs(cast(valued.order_margin as double) - cast(valued.offer_cost as double))
        as expected_value_se,
    valued.is_own as is_own_probability,
    row_number() over (
        partition by valued.list_name, valued.customer_id
        order by valued.expected_value desc nulls last, valued.variant
    ) = 1 as is_best
from valued
inner join lists
    on valued.list_name = lists.list_name
