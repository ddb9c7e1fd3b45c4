-- The file of consents, and what customers said of mail when they ordered: a yes is a consent of
-- that time; a later no takes it back.
{{ config(schema='private') }} -- e-mails and phones stand in this schema only
with

consents as (

    {{ stage_input('consents') }}

),

line_consents as (

    select
        source_file,
        source_row,
        customer_id,
        'email' as channel,
        'marketing' as purpose,
        case when accepts_marketing then 'granted' else 'withdrawn' end as status,
        'order' as source,
        ordered_at as event_at,
        email
    from {{ ref('stg_contract__line_contacts') }}
    where accepts_marketing is not null
)

select * from consents

union all by name

select * from line_consents
