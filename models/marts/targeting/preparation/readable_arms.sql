-- The arms of past campaigns whose purchases can be read. A control belongs to every arm of its
-- campaign that can.
{{ config(materialized='ephemeral') }}
with

readable as (

    select distinct
        campaign_id,
        arm
    from {{ ref('campaign_lift') }}
    where metric = 'purchase'
        and slice = 'all'
        and is_read

)

select
    campaign_id,
    arm
from readable

union

select
    campaign_id,
    'control' as arm
from readable
