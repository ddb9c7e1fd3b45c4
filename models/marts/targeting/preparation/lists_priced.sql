-- Each list with what a contact is expected to change: measured where a past
-- campaign of the list had a control arm and could be read, else assumed. A
-- measured campaign counts whatever its p-value: to use only those that "worked"
-- would choose the lucky ones.
with

definitions as (

    select * from {{ ref('list_definitions') }}
    where list_name in (
        {%- for list_name in var('lists') %}
        {{ string_literal(list_name) }}{{ ',' if not loop.last }}
        {%- endfor %}
    )

),

priors as (

    select * from {{ ref('list_priors') }}

),

lifts as (

    select
        *,
        cast(1 / (standard_error * standard_error) as decimal(28, 8)) as precision_weight
    from {{ ref('campaign_lift') }}
    where metric = 'purchase'
        and slice = 'all'
        and is_read
        and standard_error > 0

),

measured as (

    select
        list_name,
        count(distinct campaign_id) as campaigns,
        {{ ratio(
            'sum(cast(control_mean * control_customers as decimal(28, 8)))',
            'sum(control_customers)'
        ) }} as baseline_probability,
        {{ ratio(
            'sum(cast(difference * precision_weight as decimal(28, 8)))',
            'sum(precision_weight)'
        ) }} as added_probability
    from lifts
    group by list_name

),

priced as (

    select
        definitions.*,
        md5(concat_ws(
            '|',
            {%- for column in [
                'purpose', 'consent_purpose', 'source_mart', 'ranking', 'channel', 'offer',
                'priority', 'capacity', 'cooldown_days', 'valid_days', 'contact_cost',
                'offer_cost', 'budget', 'minimum_expected_value', 'allows_other_lists',
                'valued_by',
            ] %}
            coalesce(cast(definitions.{{ column }} as string), ''){{ ',' if not loop.last }}
            {%- endfor %}
        )) as definition_hash,
        cast(row_number() over (
            order by definitions.priority, definitions.list_name
        ) as bigint) as place,
        case
            when definitions.valued_by = 'responses' then 'responses'
            when measured.list_name is null then priors.basis
            else 'measured'
        end as lift_basis,
        coalesce(measured.campaigns, 0) as measured_campaigns,
        coalesce(measured.baseline_probability, priors.baseline_probability)
            as p_not_contacted,
        coalesce(measured.added_probability, priors.added_probability)
            as added_probability
    from definitions
    left join priors
        on definitions.list_name = priors.list_name
    left join measured
        on definitions.list_name = measured.list_name

)

select
    list_name,
    {{ worded('purpose') }} as purpose,
    consent_purpose,
    source_mart,
    ranking,
    channel,
    {{ worded('offer') }} as offer,
    lift_basis,
    definition_hash,
    priority,
    place,
    capacity,
    cooldown_days,
    valid_days,
    measured_campaigns,
    cast(p_not_contacted as decimal(9, 6)) as p_not_contacted,
    cast(
        least(greatest(p_not_contacted + added_probability, 0), 1) as decimal(9, 6)
    ) as p_contacted,
    cast(contact_cost as decimal(18, 4)) as contact_cost,
    cast(offer_cost as decimal(18, 4)) as offer_cost,
    cast(budget as decimal(18, 4)) as budget,
    cast(minimum_expected_value as decimal(18, 4)) as minimum_expected_value,
    allows_other_lists
from priced
