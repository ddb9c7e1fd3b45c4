-- Scores whose outcome may be known: of activity those a whole window old, of response those
-- of the newest days before this one.
{% set activity_days -%}
    select saved_date
    from saved
    inner join {{ ref('int_as_of_date') }} as today
        on saved.saved_date <= {{ days_after('cast(today.as_of_date as date)', -var('activity_window_days')) }}
    order by saved_date desc
    limit {{ var('monitoring_runs') }}
{%- endset %}
{% set response_days -%}
    select saved_date
    from saved
    inner join {{ ref('int_as_of_date') }} as today
        on saved.saved_date < cast(today.as_of_date as date)
    order by saved_date desc
    limit 40
{%- endset %}
{% set columns = {
    'model': 'string',
    'data_basis': 'string',
    'campaign_id': 'string',
    'customer_id': 'string',
    'probability': 'double',
    'baseline_score': 'double',
    'typical_orders': 'double',
    'as_of_date': 'timestamp',
} %}
{% set keys = ['saved_date', 'model', 'data_basis', 'campaign_id'] -%}
{% set activity_scores = read_state('model_scores', columns, activity_days) -%}
{% set response_scores = read_state('model_scores', columns, response_days) -%}
select {{ columns | join(', ') }}
from (
    {{ of_persons(activity_scores, keys) | indent(4) }}
)
where model = 'activity'

union all

select {{ columns | join(', ') }}
from (
    {{ of_persons(response_scores, keys) | indent(4) }}
)
where model = 'response'
