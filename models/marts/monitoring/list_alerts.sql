-- Which alerts concern which list: its own, those of the mart that its candidates
-- come from, and those of the data that every list rests on.
with

alerts as (

    select * from {{ ref('alerts') }}
    where severity <> 'green'
        and scope <> 'no list'

),

lists as (

    select * from {{ ref('lists_priced') }}

),

concerned as (

    select
        lists.list_name,
        alerts.check_name,
        alerts.subject,
        alerts.severity,
        alerts.sentence,
        alerts.is_stopping
    from lists
    inner join alerts
        on lists.list_name = alerts.list_name
        or lists.source_mart = alerts.source_mart
        or alerts.scope = 'every list'

)

select
    list_name,
    check_name,
    subject,
    severity,
    sentence,
    is_stopping
from concerned
