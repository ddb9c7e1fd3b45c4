-- What a list is expected to bring, down its ranking: those who passed the checks, and after them
-- those who are worth less than the minimum. Of a long list every hundredth part is a point.
{% set points = 100 -%}
with

decisions as (

    select * from {{ ref('list_decisions') }}
    where expected_value is not null
        and (rank is not null or first_exclusion = 'minimum expected value')

),

ranked as (

    select
        list_name,
        case when first_exclusion <> 'global holdout' then first_exclusion end as cut_by,
        row_number() over (
            partition by list_name
            order by rank nulls last, expected_value desc, customer_id
        ) as rank,
        count(*) over (partition by list_name) as candidates,
        expected_value,
        sum(expected_value) over (
            partition by list_name
            order by rank nulls last, expected_value desc, customer_id
            rows between unbounded preceding and current row
        ) as cumulative_value
    from decisions

),

cut as (

    select
        *,
        count(*) filter (where cut_by is null) over (partition by list_name) as cut_rank
    from ranked

)

select
    list_name,
    cut_by as first_exclusion,
    cast(rank as bigint) as rank,
    cast(cut_rank as bigint) as cut_rank,
    cast(candidates as bigint) as candidates,
    expected_value,
    cast(cumulative_value as decimal(18, 4)) as cumulative_value,
    rank = cut_rank as is_cut
from cut
where rank in (1, cut_rank, cut_rank + 1, candidates)
    or floor({{ points }}.0 * rank / candidates) > floor({{ points }}.0 * (rank - 1) / candidates)
