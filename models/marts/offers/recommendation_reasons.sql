-- Why each offer: it was bought before, else the surest usable rule that leads to it, else the most
-- similar product that the customer bought, else who buys it.
with

sources as (

    select
        *,
        case reason_code
            when 'rule' then confidence
            when 'similar' then similarity
            when 'popular' then buyer_share
        end as share
    from {{ ref('recommendation_sources') }}

)

select
    regime,
    customer_id,
    product_id,
    product_name,
    method,
    reason_code as source,
    case when reason_code = 'rule' then rule_basis end as rule_basis,
    case reason_code
        when 'repeat' then {{ text(
            'bought {times} before, last {days} ago; customers usually buy it again after {gap}',
            times=counted('purchases', 'time|times'),
            days=counted('last_bought_days_ago', 'day|days'),
            gap=counted('repurchase_days', 'day|days')
        ) }}
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
        when 'alike' then {{ text('customers who buy the same buy {offered}', offered='known_name') }}
        else case
            when segment is null then {{ text(
                'popular: bought by {share} of all customers', share=percent_text('share')
            ) }}
            else {{ text(
                'popular in the segment {segment}; bought by {share} of all customers',
                segment=label('segment', 'segment'), share=percent_text('share')
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
    case when reason_code = 'rule' then lift end as lift,
    mean_margin as line_margin,
    hit_share,
    cast(mean_margin * hit_share as decimal(18, 4)) as expected_margin,
    purchases = 0 as is_new,
    is_fitting
from sources
