with

validated as (

    select
        'products' as input,
        source_file,
        source_row,
        decision,
        decision_reason as reason
    from {{ ref('int_products_validated') }}

    union all

    select
        'customers' as input,
        source_file,
        source_row,
        decision,
        decision_reason as reason
    from {{ ref('int_customers_validated') }}

    union all

    select
        'consents' as input,
        source_file,
        source_row,
        decision,
        decision_reason as reason
    from {{ ref('int_consents_validated') }}

    union all

    select
        'suppressions' as input,
        source_file,
        source_row,
        decision,
        decision_reason as reason
    from {{ ref('int_suppressions_validated') }}

    union all

    select
        'erasures' as input,
        source_file,
        source_row,
        decision,
        decision_reason as reason
    from {{ ref('int_erasures_validated') }}

    union all

    select
        'campaigns' as input,
        source_file,
        source_row,
        decision,
        decision_reason as reason
    from {{ ref('int_campaigns_validated') }}

    union all

    select
        'campaign_contacts' as input,
        source_file,
        source_row,
        decision,
        decision_reason as reason
    from {{ ref('campaign_contacts_validated') }}

    union all

    select
        'site_activity' as input,
        source_file,
        source_row,
        decision,
        decision_reason as reason
    from {{ ref('int_site_activity_validated') }}

    union all

    select
        'customer_totals' as input,
        source_file,
        source_row,
        decision,
        decision_reason as reason
    from {{ ref('int_customer_totals_validated') }}

    union all

    select
        'customer_period_totals' as input,
        source_file,
        source_row,
        decision,
        decision_reason as reason
    from {{ ref('int_customer_period_totals_validated') }}

    union all

    select
        'customer_category_spend' as input,
        source_file,
        source_row,
        decision,
        decision_reason as reason
    from {{ ref('int_customer_category_spend_validated') }}

    union all

    select
        'customer_channel_orders' as input,
        source_file,
        source_row,
        decision,
        decision_reason as reason
    from {{ ref('int_customer_channel_orders_validated') }}

    union all

    select
        'activity_labels' as input,
        source_file,
        source_row,
        decision,
        decision_reason as reason
    from {{ ref('int_activity_labels_validated') }}

)

-- A raw row that feeds several rows of an input counts once.
select distinct * from validated
