-- Features by place are called by what stands in that place.
with

words as (

    select * from {{ ref('feature_words') }}

),

named as (

    select
        'category_' || place || '_spend' as feature,
        member
    from {{ ref('customer_pivot_labels') }}
    where dimension = 'category'

    union all

    select distinct
        case channel_place
            when 1 then 'first'
            when 2 then 'second'
            else 'third'
        end || '_channel_orders' as feature,
        channel as member
    from {{ ref('customer_channels') }}
    where channel_place <= 3

)

select
    words.feature,
    replace(
        {{ worded('words.phrase') }},
        '{member}',
        coalesce(named.member, {{ text('nothing') }})
    ) as phrase
from words
left join named
    on words.feature = named.feature
