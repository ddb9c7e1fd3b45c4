-- The steps that look at the customer alone, and what the later ones need: value,
-- messages sent, and the buckets of holdout and arm.
{% set campaign_salt -%}
    '{{ project_name }}|' || candidates.list_name || '|'
        || cast(cast({{ as_of_date() }} as date) as string) || '|'
{%- endset -%}
with

candidates as (

    select * from {{ ref('list_candidates') }}

),

lists as (

    select * from {{ ref('int_lists_priced') }}

),

contacts as (

    select
        customer_id,
        email like '%_@_%._%'
            and email not like '%@%@%'
            and email not like '% %' as has_email,
        translate(phone, '+0123456789 -().', '') = ''
            and length(translate(phone, '+ -().', '')) between 7 and 15 as has_phone
    from {{ ref('customer_contacts') }}

),

consents as (

    select * from {{ ref('int_consents_resolved') }}

),

-- Whoever objects is heard, whatever else is wrong with the row.
suppressions as (

    select distinct customer_id from {{ ref('int_suppressions_judged') }}

),

erasures as (

    select distinct customer_id from {{ ref('int_erasures_judged') }}

),

sends as (

    select
        customer_id,
        count(*) as sends_in_window
    from {{ ref('int_campaign_contacts_judged') }}
    where decision = 'kept'
        and sent_at >= {{ days_after(as_of_date(), -var('contact_window_days')) }}
    group by customer_id

),

joined as (

    select
        candidates.list_name,
        candidates.customer_id,
        candidates.score,
        lists.place,
        lists.capacity,
        lists.minimum_expected_value,
        cast(
            case
                when lists.lift_basis = 'answers'
                    then cast(candidates.score as decimal(18, 4))
                else
                    (lists.p_contacted - lists.p_not_contacted) * candidates.mean_margin
                    - lists.contact_cost
                    - lists.p_contacted * lists.offer_cost
            end as decimal(18, 4)
        ) as expected_value,
        coalesce(sends.sends_in_window, 0) as sends_in_window,
        {{ hash_bucket("'" ~ project_name ~ "|" ~ var('holdout_period') ~ "|'", 'candidates.customer_id') }}
            as holdout_bucket,
        {{ hash_bucket(campaign_salt, 'candidates.customer_id') }} as bucket,
        {% if are_consents_recorded() -%}
        coalesce(
            case lists.channel
                when 'email' then contacts.has_email
                when 'sms' then contacts.has_phone
                when 'phone' then contacts.has_phone
            end, false
        ) as is_reachable,
        coalesce(consents.is_granted, false) as has_consent,
        case
            when consents.is_granted then 'granted'
            when not consents.is_granted then 'consent withdrawn'
            else 'no consent known'
        end as consent_basis,
        {%- else -%}
        true as is_reachable,
        true as has_consent,
        'not recorded' as consent_basis,
        {%- endif %}
        suppressions.customer_id is not null as is_suppressed,
        erasures.customer_id is not null as is_erased
    from candidates
    inner join lists
        on candidates.list_name = lists.list_name
    left join contacts
        on candidates.customer_id = contacts.customer_id
    left join consents
        on candidates.customer_id = consents.customer_id
        and lists.channel = consents.channel
        and lists.consent_purpose = consents.consent_purpose
    left join suppressions
        on candidates.customer_id = suppressions.customer_id
    left join erasures
        on candidates.customer_id = erasures.customer_id
    left join sends
        on candidates.customer_id = sends.customer_id

)

select
    list_name,
    customer_id,
    consent_basis,
    case
        when not is_reachable then 'reachability'
        when not has_consent then 'consent'
        when is_suppressed then 'suppression'
        when is_erased then 'erasure'
    end as own_exclusion,
    place,
    capacity,
    score,
    minimum_expected_value,
    expected_value,
    sends_in_window,
    holdout_bucket,
    bucket,
    holdout_bucket < {{ (10000 * var('global_holdout_share')) | round | int }}
        as is_held_out,
    bucket < {{ (10000 * var('control_share')) | round | int }} as is_control
from joined
