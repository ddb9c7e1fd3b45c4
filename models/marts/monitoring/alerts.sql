-- A red alert stops the lists that it concerns (list_alerts); those that need no
-- measured lift to be right, such as a longer file, only show.
with

alert_values as (

    select * from {{ ref('alert_values') }}

),

rules as (

    select * from {{ ref('alert_rules') }}

),

-- A rule for the subject goes before one for any.
ruled as (

    select
        alert_values.*,
        {{ worded('rules.measure') }} as measure,
        rules.stops,
        {{ worded('rules.action') }} as action,
        cast(rules.amber_from as double) as amber_from,
        cast(rules.red_above as double) as red_above
    from alert_values
    inner join rules
        on alert_values.check_name = rules.check_name
        and rules.subject in (alert_values.subject, 'any')
    qualify row_number() over (
        partition by alert_values.check_name, alert_values.subject
        order by case when rules.subject = 'any' then 2 else 1 end
    ) = 1

),

classified as (

    select
        *,
        case
            when value > red_above and is_significant and not is_harmless then 'red'
            when value >= amber_from and is_significant then 'amber'
            else 'green'
        end as severity
    from ruled

)

select
    check_name,
    subject,
    source_mart,
    list_name,
    severity,
    case stops
        when 'every list' then 'every list'
        when 'list' then list_name
        when 'lists of the model' then 'lists of ' || source_mart
        else 'no list'
    end as scope,
    finding as sentence,
    case when severity <> 'green' then action end as action,
    measure,
    value,
    amber_from,
    red_above,
    severity = 'red' and stops <> 'nothing' as is_stopping
from classified
