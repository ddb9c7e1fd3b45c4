-- What is watched, in numbers: one value for each check and subject, and its
-- baseline. How bad it is, the seed alert_rules says.
with

alert_values as (

    select * from {{ ref('drift_alert_values') }}

    union all

    select * from {{ ref('refit_alert_values') }}

    union all

    select * from {{ ref('cluster_alert_values') }}

    union all

    select * from {{ ref('outcome_alert_values') }}

    union all

    select * from {{ ref('calibration_alert_values') }}

    union all

    select * from {{ ref('list_alert_values') }}

    union all

    select * from {{ ref('input_alert_values') }}

    union all

    select * from {{ ref('return_alert_values') }}

    union all

    select * from {{ ref('money_alert_values') }}

    union all

    select * from {{ ref('key_alert_values') }}

    union all

    select * from {{ ref('identity_alert_values') }}

    union all

    select * from {{ ref('prior_alert_values') }}

    union all

    select * from {{ ref('freshness_alert_values') }}

)

select
    check_name,
    subject,
    source_mart,
    list_name,
    finding,
    value,
    is_significant,
    is_harmless
from alert_values
