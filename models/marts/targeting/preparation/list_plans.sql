-- How the assignments of today are meant to be split, every arm named even where nobody
-- fell into it.
with

customers as (

    select * from {{ ref('list_covariates') }}

),

strata as (

    select distinct
        assignment_id,
        stratum,
        list_name is null as is_holdout,
        case when arm in ('control', 'holdout') then planned_share else 1 - planned_share end
            as share_left_alone
    from customers

)

select
    assignment_id,
    stratum,
    case when is_holdout then 'holdout' else 'control' end as arm,
    cast(share_left_alone as decimal(9, 6)) as planned_share
from strata

union all

select
    assignment_id,
    stratum,
    case when is_holdout then 'not in holdout' else 'treatment' end as arm,
    cast(1 - share_left_alone as decimal(9, 6)) as planned_share
from strata
