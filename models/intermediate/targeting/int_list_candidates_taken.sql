-- The steps that look at the other lists and the other candidates, list by list
-- in order of priority: only whom a higher list took, members and held out, is
-- lost to the lower ones.
with

candidates as (

    select * from {{ ref('int_list_candidates_screened') }}

),

taken_0 as (

    select
        cast(null as string) as customer_id,
        cast(null as string) as list_name,
        cast(null as bigint) as planned_messages
    where false

),

{% for place in range(1, var('lists') | length + 1) -%}
judged_{{ place }} as (

    select
        candidates.*,
        taken.list_name as taken_by,
        case
            when candidates.own_exclusion is not null then candidates.own_exclusion
            when candidates.sends_in_window + coalesce(taken.planned_messages, 0)
                >= {{ var('contact_cap') }} then 'contact pressure'
            when taken.list_name is not null then 'exclusivity'
            when candidates.expected_value >= candidates.minimum_expected_value then null
            else 'minimum expected value'
        end as early_exclusion
    from candidates
    left join taken_{{ place - 1 }} as taken
        on candidates.customer_id = taken.customer_id
    where candidates.place = {{ place }}

),

ranked_{{ place }} as (

    select
        *,
        case
            when early_exclusion is null then row_number() over (
                partition by early_exclusion is null
                order by expected_value desc, score desc, customer_id
            )
        end as rank
    from judged_{{ place }}

),

taken_{{ place }} as (

    select * from taken_{{ place - 1 }}

    union all

    select
        customer_id,
        list_name,
        case when is_held_out or is_control then 0 else 1 end as planned_messages
    from ranked_{{ place }}
    where rank <= capacity

),

{% endfor -%}
ranked as (

    {% for place in range(1, var('lists') | length + 1) -%}
    select * from ranked_{{ place }}
    {%- if not loop.last %}

    union all

    {% endif -%}
    {%- endfor %}

)

select
    list_name,
    customer_id,
    consent_basis,
    taken_by,
    case
        when early_exclusion is not null then early_exclusion
        when rank > capacity then 'capacity'
        when is_held_out then 'global holdout'
    end as first_exclusion,
    rank,
    expected_value,
    sends_in_window,
    bucket,
    is_held_out,
    is_control
from ranked
