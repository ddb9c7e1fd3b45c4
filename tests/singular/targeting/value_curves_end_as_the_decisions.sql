-- At the cut a curve has the value of all whom the list ranks and neither capacity nor budget
-- leaves out, and at its end that of the others with it.
with

curves as (

    select
        list_name,
        max(candidates) as candidates,
        max(cut_rank) as cut_rank,
        coalesce(max(cumulative_value) filter (where is_cut), 0) as value_at_cut,
        max_by(cumulative_value, rank) as value_at_end
    from {{ ref('list_value_curve') }}
    group by list_name

),

decisions as (

    select
        list_name,
        count(*) as candidates,
        count(*) filter (where is_taken) as taken,
        coalesce(sum(expected_value) filter (where is_taken), 0) as taken_value,
        sum(expected_value) as expected_value
    from (
        select
            list_name,
            expected_value,
            coalesce(first_exclusion, 'global holdout') = 'global holdout' as is_taken
        from {{ ref('list_decisions') }}
        where expected_value is not null
            and coalesce(first_exclusion, 'global holdout') in (
                'global holdout', 'capacity', 'budget', 'total budget', 'minimum expected value'
            )
    )
    group by list_name

)

select
    coalesce(curves.list_name, decisions.list_name) as list_name,
    curves.value_at_cut,
    decisions.taken_value
from curves
full outer join decisions
    on curves.list_name = decisions.list_name
where curves.list_name is null
    or decisions.list_name is null
    or curves.candidates <> decisions.candidates
    or curves.cut_rank <> decisions.taken
    or curves.value_at_cut <> decisions.taken_value
    or curves.value_at_end <> decisions.expected_value
