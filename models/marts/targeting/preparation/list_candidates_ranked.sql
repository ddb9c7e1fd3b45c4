-- The steps that look at the other lists and the other candidates, list by list
-- in order of priority: only customers that a higher list took, members and
-- held out, are lost to the lower ones. An address of several persons is written to once, and
-- what a higher list took of it counts for all of them.
{{ config(materialized='ephemeral') }}
{% set by_value -%}
order by
            case when ranking = 'score' then score else 0 end desc,
            expected_value desc,
            score desc,
            customer_id
{%- endset -%}
{% set places = range(1, var('lists') | length + 1) | list -%}
with

candidates as (

    select * from {{ ref('list_candidates_screened') }}

),

taken_0 as (

    select
        cast(null as string) as customer_id,
        cast(null as string) as channel,
        cast(null as string) as address_key,
        cast(null as string) as list_name,
        cast(null as bigint) as place,
        cast(null as bigint) as planned_messages,
        cast(null as boolean) as allows_other_lists
    where false

),

{% for place in places -%}
plans_{{ place }} as (

    select
        customer_id,
        min_by(list_name, place) as first_list,
        min_by(list_name, place) filter (where not allows_other_lists) as first_exclusive_list,
        cast(sum(planned_messages) as bigint) as planned_messages,
        cast(sum(planned_messages) filter (where is_same_channel) as bigint) as planned_in_channel
    from (
        {% for key in ['customer_id', 'address_key'] -%}
        select
            candidates.customer_id,
            taken.list_name,
            taken.place,
            taken.planned_messages,
            taken.allows_other_lists,
            candidates.channel = taken.channel as is_same_channel
        from candidates
        inner join taken_{{ place - 1 }} as taken
            on candidates.{{ key }} = taken.{{ key }}
            and candidates.place = {{ place }}
        {%- if key == 'address_key' %}
            and candidates.customer_id <> taken.customer_id
        {%- else %}
        union all
        {% endif -%}
        {%- endfor %}
    )
    group by customer_id

),

pressed_{{ place }} as (

    select
        candidates.*,
        case
            when candidates.allows_other_lists then plans.first_exclusive_list
            else plans.first_list
        end as taken_by,
        coalesce(plans.planned_messages, 0) as planned_messages,
        coalesce(plans.planned_in_channel, 0) as planned_in_channel
    from candidates
    left join plans_{{ place }} as plans
        on candidates.customer_id = plans.customer_id
    where candidates.place = {{ place }}

),

screened_{{ place }} as (

    select
        *,
        case
            when own_exclusion is not null then own_exclusion
            when sends_in_window + planned_messages >= {{ var('contact_cap') }}
                or sends_in_channel + planned_in_channel >= channel_cap
                then 'contact pressure'
            when is_cooling_down then 'cool-down'
            when taken_by is not null then 'exclusivity'
            when not is_worth_it then 'minimum expected value'
            when is_address_held_out then 'same address'
        end as screening_exclusion
    from pressed_{{ place }}

),

same_address_{{ place }} as (

    select customer_id from screened_{{ place }}
    where screening_exclusion is null
        and address_key is not null
    qualify row_number() over (partition by address_key {{ by_value }}) > 1

),

eligible_{{ place }} as (

    select
        *,
        case
            when customer_id in (select same.customer_id from same_address_{{ place }} as same)
                then 'same address'
            else screening_exclusion
        end as early_exclusion
    from screened_{{ place }}

),

-- Those who are left alone cost nothing, and after the last whom the budget pays
-- for nobody follows, not even they: the arms stay comparable.
ranked_{{ place }} as (

    select
        *,
        case when early_exclusion is null then row_number() over by_value end as rank,
        case
            when early_exclusion is null then sum(
                case when is_in_holdout or is_control then 0 else planned_cost end
            ) over by_value
        end as running_cost
    from eligible_{{ place }}
    window by_value as (partition by early_exclusion is null {{ by_value }})

),

decided_{{ place }} as (

    select
        *,
        case
            when early_exclusion is not null then early_exclusion
            when rank > capacity then 'capacity'
            when running_cost > budget then 'budget'
        end as exclusion_before_holdout
    from ranked_{{ place }}

),

taken_{{ place }} as (

    select * from taken_{{ place - 1 }}

    union all

    select
        customer_id,
        channel,
        address_key,
        list_name,
        place,
        case when is_in_holdout or is_control then 0 else 1 end as planned_messages,
        allows_other_lists
    from decided_{{ place }}
    where exclusion_before_holdout is null

),

{% endfor -%}
decided as (

    {% for place in places -%}
    select * from decided_{{ place }}
    {%- if not loop.last %}

    union all

    {% endif -%}
    {%- endfor %}

)

select
    list_name,
    customer_id,
    taken_by,
    coalesce(
        exclusion_before_holdout, case when is_in_holdout then 'global holdout' end
    ) as first_exclusion,
    rank,
    planned_messages,
    planned_in_channel,
    running_cost
from decided
