-- Why each offer: the surest usable rule that leads to it, else the most similar
-- product that the customer bought, else what the segment buys.
with

sources as (

    select * from {{ ref('recommendation_sources') }}

)

select
    customer_id,
    product_id,
    product_name,
    method,
    reason_code as source,
    rule_basis,
    case reason_code
        when 'rule' then case rule_basis
            when 'customer' then {{ text(
                'bought {known}; of those who did, {share} buy {offered}, {lift} times the usual',
                known='antecedent_name',
                share=percent_text('share'),
                offered='known_name',
                lift=rounded_text('lift')
            ) }}
            else {{ text(
                'bought {known}; of the orders with it, {share} hold {offered}, '
                ~ '{lift} times the usual',
                known='antecedent_name',
                share=percent_text('share'),
                offered='known_name',
                lift=rounded_text('lift')
            ) }}
        end
        when 'similar' then {{ text(
            'bought {known}, and the same customers buy {offered} (similarity {similarity})',
            known='source_name',
            offered='known_name',
            similarity='cast(cast(share as decimal(18, 2)) as string)'
        ) }}
        else case method
            when 'popularity' then {{ text(
                'popular: bought by {share} of {group}',
                share=percent_text('share'), group='group_name'
            ) }}
            else {{ text(
                'no rule fits; bought by {share} of {group}',
                share=percent_text('share'), group='group_name'
            ) }}
        end
    end || case band_fit
        when 'in' then {{ text('; in the usual price band') }}
        when 'below' then {{ text('; below the usual price band') }}
        else {{ text('; above the usual price band') }}
    end as reason,
    price_band,
    typical_price_band,
    cast(place as integer) as rank,
    share,
    lift,
    mean_margin as line_margin,
    cast(mean_margin * share as decimal(18, 4)) as expected_margin,
    is_new
from sources
