-- Numbers are shown by quarters of all customers, which are the same for every
-- group.
with

characteristics as (

    select * from {{ ref('customer_characteristics') }}

),

members as (

    select * from {{ ref('customer_group_members') }}

    union all

    select distinct
        customer_id,
        'all' as grouping,
        'all' as group_key,
        {{ text('all customers') }} as group_name,
        true as is_accepted
    from characteristics

),

quarters as (

    select
        characteristic,
        {%- for share in [0.25, 0.5, 0.75] %}
        {{ percentile('value', share) }} as cut_{{ loop.index }}{{ ',' if not loop.last }}
        {%- endfor %}
    from characteristics
    where value is not null
    group by characteristic

),

placed as (

    select
        members.grouping,
        members.group_key,
        members.group_name,
        characteristics.characteristic,
        case
            when characteristics.word is not null then characteristics.word
            when characteristics.value <= quarters.cut_1 then 'lowest quarter'
            when characteristics.value <= quarters.cut_2 then 'second quarter'
            when characteristics.value <= quarters.cut_3 then 'third quarter'
            when characteristics.value is not null then 'highest quarter'
            else 'unknown'
        end as member,
        characteristics.value
    from characteristics
    inner join members
        on characteristics.customer_id = members.customer_id
    left join quarters
        on characteristics.characteristic = quarters.characteristic

),

grouped as (

    select
        grouping,
        group_key,
        group_name,
        characteristic,
        member,
        count(*) as customers,
        avg(value) as mean,
        min(value) as lowest,
        max(value) as highest
    from placed
    group by grouping, group_key, group_name, characteristic, member

),

shared as (

    select
        *,
        {{ share_of('customers', 'grouping, group_key, characteristic') }} as share
    from grouped

)

select
    shared.grouping,
    shared.group_key,
    shared.group_name,
    shared.characteristic,
    shared.member,
    shared.customers,
    shared.share,
    overall.share as overall_share,
    {{ ratio('shared.share', 'overall.share') }} as share_ratio,
    cast(shared.mean as double) as mean,
    cast(shared.lowest as double) as lowest,
    cast(shared.highest as double) as highest
from shared
inner join shared as overall
    on overall.grouping = 'all'
    and shared.characteristic = overall.characteristic
    and shared.member = overall.member
