-- A month of site activity is known when it is over. Months are those of the
-- site: whoever was seen before and is not in one did not come.
with

cutoffs as (

    select * from {{ ref('cutoffs_used') }}

),

site_activity as (

    select * from {{ by_person('site_activity') }} as site_activity
    where decision = 'accepted'

),

months as (

    select distinct period_start from site_activity

),

site_months as (

    select
        cutoffs.number,
        months.period_start,
        row_number() over (
            partition by cutoffs.number order by months.period_start desc
        ) as months_back
    from cutoffs
    inner join months
        on cutoffs.cutoff_at >= months.period_start + interval '1 month'

),

site_visitors as (

    select
        customer_id,
        min(period_start) as first_seen_at
    from site_activity
    group by customer_id

),

site_visits as (

    select
        site_months.number,
        site_months.months_back,
        site_visitors.customer_id,
        {%- for measure in [
            'visits', 'minutes', 'unpaid_items', 'service_errors', 'marketing_contacts',
        ] %}
        case
            when site_activity.customer_id is null then 0
            else site_activity.{{ measure }}
        end as {{ measure }},
        {%- endfor %}
        cast(site_activity.pages_per_visit as decimal(18, 4)) as pages_per_visit,
        cast(site_activity.categories_per_visit as decimal(18, 4)) as categories_per_visit
    from site_months
    inner join site_visitors
        on site_months.period_start >= site_visitors.first_seen_at
    left join site_activity
        on site_visitors.customer_id = site_activity.customer_id
        and site_months.period_start = site_activity.period_start
    where site_months.months_back <= 5

),

site as (

    select
        number,
        customer_id,
        sum(visits) filter (where months_back <= 2) as last_visits,
        sum(minutes) filter (where months_back <= 2) as last_minutes,
        sum(unpaid_items) filter (where months_back <= 2) as unpaid_items,
        sum(service_errors) filter (where months_back <= 2) as service_errors,
        sum(minutes) filter (where months_back = 1) as latest_minutes,
        sum(minutes) filter (where months_back = 2) as previous_minutes,
        avg(pages_per_visit) filter (where months_back <= 2) as pages_per_visit,
        avg(categories_per_visit) filter (where months_back <= 2) as categories_per_visit,
        sum(marketing_contacts) filter (where months_back = 1) as marketing_contacts,
        {{ ratio(
            'sum(marketing_contacts) filter (where months_back > 1)',
            'count(marketing_contacts) filter (where months_back > 1)',
        ) }} as earlier_marketing_contacts,
        {{ ratio(
            'sum(visits) filter (where months_back <= 2)',
            'count(visits) filter (where months_back <= 2)',
        ) }} as last_monthly_visits,
        {{ ratio(
            'sum(visits) filter (where months_back > 2)',
            'count(visits) filter (where months_back > 2)',
        ) }} as earlier_monthly_visits
    from site_visits
    group by number, customer_id

)

select
    number,
    customer_id,
    last_visits,
    {{ ratio('last_monthly_visits', 'earlier_monthly_visits') }} as visits_trend,
    {{ ratio('last_minutes', 'last_visits') }} as minutes_per_visit,
    unpaid_items,
    service_errors,
    latest_minutes,
    {{ ratio('latest_minutes', 'previous_minutes') }} as minutes_trend,
    pages_per_visit,
    categories_per_visit,
    marketing_contacts,
    earlier_marketing_contacts
from site
