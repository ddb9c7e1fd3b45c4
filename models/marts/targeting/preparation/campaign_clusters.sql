-- The clusters as they were last saved before each campaign began: those of today are what
-- the campaign may have moved its customers into.
{% set days -%}
    select max(saved.saved_date) as saved_date
    from saved
    inner join {{ ref('campaign_windows') }} as windows
        on saved.saved_date <= cast(windows.window_start_at as date)
    group by windows.campaign_id
{%- endset %}
{% set saved = read_state(
    'customer_clusters',
    {
        'customer_id': 'string',
        'method': 'string',
        'cluster_key': 'string',
        'cluster_name': 'string',
        'is_chosen': 'boolean',
    },
    days
) -%}
with

clusters as (

    {{ of_persons(saved, ['saved_date', 'method']) | indent(4) }}

),

last_saved as (

    select
        windows.campaign_id,
        max(clusters.saved_date) as saved_date
    from {{ ref('campaign_windows') }} as windows
    inner join clusters
        on clusters.saved_date <= cast(windows.window_start_at as date)
    group by windows.campaign_id

)

select
    last_saved.campaign_id,
    clusters.customer_id,
    clusters.cluster_key,
    clusters.cluster_name
from last_saved
inner join clusters
    on last_saved.saved_date = clusters.saved_date
where clusters.is_chosen
