with

waterfall as (

    select * from {{ ref('list_waterfall') }}

),

order_lines as (

    select decision from {{ ref('order_line_ledger') }}

),

inputs as (

    select input from {{ ref('input_ledger') }}

),

sizes as (

    select
        list_name,
        max(before) as candidates,
        max(case when is_holdout then before end) as members
    from waterfall
    group by list_name

)

select
    'candidates' as measure,
    list_name as subject,
    cast(candidates as double) as value,
    candidates as cases
from sizes

union all

select
    'list size' as measure,
    list_name as subject,
    cast(members as double) as value,
    candidates as cases
from sizes

union all

select
    'removed by ' || step as measure,
    list_name as subject,
    {{ ratio('removed', 'before') }} as value,
    before as cases
from waterfall
-- What removes by the customers' own data; the others follow from past campaigns.
where step in ('reachability', 'consent', 'suppression')
    and before > 0

union all

select
    'rejected lines' as measure,
    'order_lines' as subject,
    {{ ratio("count(*) filter (where decision = 'rejected')", 'count(*)') }} as value,
    count(*) as cases
from order_lines
having count(*) > 0

union all

select
    'rows' as measure,
    'order_lines' as subject,
    cast(count(*) as double) as value,
    count(*) as cases
from order_lines
having count(*) > 0

union all

select
    'rows' as measure,
    input as subject,
    cast(count(*) as double) as value,
    count(*) as cases
from inputs
group by input
