-- What adds up does so over months and over segments: the parts sum to the row of all.
with

sums as (

    select *
    from {{ ref('metrics') }}
    where metric in ('revenue', 'orders', 'margin', 'list_size')

),

parts as (

    select
        metric,
        month,
        'all' as segment,
        sum(numerator) as numerator
    from sums
    where segment <> 'all'
    group by metric, month

    union all

    select
        metric,
        'all' as month,
        segment,
        sum(numerator) as numerator
    from sums
    where month <> 'all'
    group by metric, segment

)

select
    parts.metric,
    parts.month,
    parts.segment,
    parts.numerator,
    sums.numerator as found
from parts
left join sums
    on parts.metric = sums.metric
    and parts.month = sums.month
    and parts.segment = sums.segment
where parts.numerator is distinct from sums.numerator
