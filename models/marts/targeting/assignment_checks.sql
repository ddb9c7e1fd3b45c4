with

list_checks as (

    select * from {{ ref('ml_list_checks') }}

),

ml_campaign_checks as (

    select * from {{ ref('ml_campaign_checks') }}

),

assigned_lists as (

    select distinct
        assignment_id,
        list_name
    from {{ ref('list_covariates') }}

),

windows as (

    select * from {{ ref('campaign_windows') }}

),

checks as (

    select
        list_checks.*,
        assigned_lists.list_name,
        case when assigned_lists.list_name is null then 'holdout' else 'list' end as kind
    from list_checks
    inner join assigned_lists
        on list_checks.assignment_id = assigned_lists.assignment_id

    union all

    select
        ml_campaign_checks.*,
        windows.list_name,
        'campaign' as kind
    from ml_campaign_checks
    inner join windows
        on ml_campaign_checks.assignment_id = windows.campaign_id

),

validated as (

    select
        *,
        {{ null_if_nan('p_value') }} as known_p_value
    from checks

)

select
    assignment_id,
    list_name,
    kind,
    check_name,
    method,
    case
        when is_broken and check_name = 'sample ratio'
            then {{ text(
                'sample ratio: the arms do not hold their planned shares of {customers} customers',
                customers='customers'
            ) }}
        when is_broken
            then {{ text('balance: the arms differ in recency, orders, revenue or tenure by more than chance') }}
        when known_p_value is not null and check_name = 'sample ratio'
            then {{ text('sample ratio: the arms hold their planned shares, as far as chance allows') }}
        when known_p_value is not null
            then {{ text('balance: the arms are as alike as chance makes them') }}
        when customers = 0 and check_name = 'sample ratio'
            then {{ text('sample ratio: nobody is assigned') }}
        when customers = 0 then {{ text('balance: nobody is assigned') }}
        when check_name = 'sample ratio'
            then {{ text('sample ratio: no plan is known to hold the arms against') }}
        when kind = 'holdout'
            then {{ text('balance: not compared, what the holdout did since it began may be an effect') }}
        when smallest_arm < 2
            then {{ text('balance: not compared, an arm has fewer than two customers, or there is one arm alone') }}
        else {{ text('balance: not compared, nothing that differs between customers was known of them before') }}
    end as reason,
    cast(customers as bigint) as customers,
    cast(smallest_arm as bigint) as smallest_arm,
    {{ null_if_nan('statistic') }} as statistic,
    {{ null_if_nan('degrees') }} as degrees,
    known_p_value as p_value,
    is_broken
from validated
