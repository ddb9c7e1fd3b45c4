with

revenue as (

    select sum(placed_revenue) as revenue
    from {{ ref('fct_order_lines') }}

),

unmatched_returns as (

    select
        return_match,
        sum(unmatched_amount) as amount
    from {{ ref('fct_order_lines') }}
    where is_modelled
        and unmatched_amount > 0
    group by return_match

),

unmatched as (

    select
        coalesce(sum(amount), 0) as amount,
        {{ joined_text(
            label('return_match', 'return_match') ~ " || ' ' || " ~ two_decimals('amount'), ', ',
            'amount desc, return_match'
        ) }} as reasons
    from unmatched_returns

)

select
    'unmatched returns' as check_name,
    'order_lines' as subject,
    cast(null as string) as source_mart,
    cast(null as string) as list_name,
    coalesce(
        {{ text(
            'returns give back {amount} that no sale had left, {share} of the revenue: '
            ~ '{reasons}',
            amount=two_decimals('unmatched.amount'),
            share=percent_text('unmatched.amount / revenue.revenue'),
            reasons='unmatched.reasons'
        ) }},
        {{ text('every return found the sale that it undoes') }}
    ) as finding,
    {{ ratio('unmatched.amount', 'revenue.revenue') }} as value,
    true as is_significant,
    false as is_harmless
from unmatched
cross join revenue
where revenue.revenue > 0
