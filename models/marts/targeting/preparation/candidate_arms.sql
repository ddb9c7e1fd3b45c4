-- Buckets decide who is in the holdout and who is a control.
{{ config(materialized='ephemeral') }}
{% set campaign_salt -%}
    '{{ project_name }}|' || shared.list_name || '|'
        || cast(cast({{ as_of_date() }} as date) as string) || '|'
{%- endset -%}
{% set holdout_salt = "'" ~ project_name ~ "|' || holdout.period || '|'" -%}
with

candidates as (

    select * from {{ ref('list_candidates') }}

),

segments as (

    select * from {{ ref('rfm_scores') }}
    where basis = 'bought'

),

control_shares as (

    select * from {{ ref('control_shares') }}

),

holdout as (

    select period
    from {{ ref('holdout_windows') }}
    where is_current

),

held_out as (

    select * from {{ ref('holdout_customers') }}

),

-- The share of controls is that of the customer's segment, else that of the list, else
-- that of all lists. The bucket is the same whatever the share.
shared as (

    select
        candidates.list_name,
        candidates.customer_id,
        coalesce(own_shares.segment, 'all') as stratum,
        cast(coalesce(
            own_shares.control_share, list_shares.control_share, {{ var('control_share') }}
        ) as decimal(9, 4)) as control_share
    from candidates
    left join segments
        on candidates.customer_id = segments.customer_id
    left join control_shares as own_shares
        on candidates.list_name = own_shares.list_name
        and segments.segment = own_shares.segment
    left join control_shares as list_shares
        on candidates.list_name = list_shares.list_name
        and list_shares.segment = 'all'

),

bucketed as (

    select
        shared.*,
        {{ hash_bucket(holdout_salt, 'shared.customer_id') }} as holdout_bucket,
        {{ hash_bucket(campaign_salt, 'shared.customer_id') }} as bucket
    from shared
    cross join holdout

)

select
    bucketed.list_name,
    bucketed.customer_id,
    bucketed.stratum,
    bucketed.control_share,
    bucketed.holdout_bucket,
    bucketed.bucket,
    held_out.customer_id is not null as is_in_holdout,
    bucketed.bucket < 10000 * bucketed.control_share as is_control
from bucketed
left join held_out
    on bucketed.customer_id = held_out.customer_id
