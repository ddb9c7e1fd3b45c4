-- What a message of a list, with each of its offers, is worth to whom: the difference it makes,
-- times the margin of an order, less what it costs.
with

candidates as (

    select * from {{ ref('contact_probabilities') }}

),

effects as (

    select * from {{ ref('offer_effects') }}

),

uplifts as (

    select * from {{ ref('uplift_scores') }}

),

lists as (

    select * from {{ ref('lists_priced') }}

),

joined as (

    select
        candidates.*,
        everyone.variant,
        everyone.offer,
        everyone.contact_cost,
        everyone.offer_cost,
        uplifts.uplift,
        coalesce(own.basis, everyone.basis) as effect_basis,
        coalesce(own.by_odds, everyone.by_odds) as by_odds,
        coalesce(own.flat, everyone.flat) as flat,
        coalesce(own.log_odds_ratio, everyone.log_odds_ratio) as log_odds_ratio,
        coalesce(own.standard_error, everyone.standard_error) as difference_se
    from candidates
    inner join effects as everyone
        on candidates.list_name = everyone.list_name
        and everyone.segment = ''
    left join effects as own
        on candidates.list_name = own.list_name
        and everyone.variant = own.variant
        and candidates.segment = own.segment
    left join uplifts
        on candidates.list_name = uplifts.list_name
        and candidates.customer_id = uplifts.customer_id

),

changed as (

    select
        *,
        case
            when uplift is not null then 'uplift'
            else effect_basis
        end as value_basis,
        greatest(-p_without, least(1 - p_without, case
            when uplift is not null then uplift
            when by_odds is not null then by_odds * p_without * (1 - p_without) + flat
            else 1 / (1 + exp(-(ln(p_without / (1 - p_without)) + log_odds_ratio))) - p_without
        end)) as difference
    from joined

),

valued as (

    select
        *,
        cast(
            difference * cast(order_margin as double)
            - cast(contact_cost as double)
            - (p_without + difference) * cast(offer_cost as double)
            as decimal(18, 4)
        ) as expected_value,
        cast(
            cast(contact_cost as double)
            + (p_without + difference) * cast(offer_cost as double)
            as decimal(18, 4)
        ) as planned_cost
    from changed

)

select
    valued.list_name,
    valued.customer_id,
    valued.variant,
    valued.offer,
    valued.segment,
    case when lists.lift_basis = 'responses' then 'responses' else valued.value_basis end
        as value_basis,
    valued.margin_basis,
    valued.p_without,
    valued.p_without + valued.difference as p_with,
    valued.difference,
    case when valued.uplift is null then valued.difference_se end as difference_se,
    valued.order_margin,
    valued.planned_cost,
    valued.expected_value,
    case
        when valued.uplift is null
            then valued.difference_se * cast(valued.order_margin as double)
    end as expected_value_se,
    valued.is_own as is_own_probability,
    row_number() over (
        partition by valued.list_name, valued.customer_id
        order by valued.expected_value desc nulls last, valued.variant
    ) = 1 as is_best
from valued
inner join lists
    on valued.list_name = lists.list_name
