{% set inputs = {
    'products': 'int_products_validated',
    'customers': 'int_customers_validated',
    'customer_links': 'int_customer_links_validated',
    'consents': 'int_consents_validated',
    'suppressions': 'int_suppressions_validated',
    'erasures': 'int_erasures_validated',
    'exchange_rates': 'int_exchange_rates_validated',
    'campaigns': 'int_campaigns_validated',
    'campaign_contacts': 'campaign_contacts_validated',
    'site_activity': 'int_site_activity_validated',
    'customer_totals': 'int_customer_totals_validated',
    'customer_period_totals': 'int_customer_period_totals_validated',
    'customer_category_spend': 'int_customer_category_spend_validated',
    'customer_channel_orders': 'int_customer_channel_orders_validated',
    'activity_labels': 'int_activity_labels_validated',
} -%}
with

validated as (

    {% for input, model in inputs.items() -%}
    select
        '{{ input }}' as input,
        source_file,
        source_row,
        decision,
        decision_reason as reason
    from {{ ref(model) }}

    union all

    {% endfor -%}
    -- A refund is decided on as the order line that it becomes.
    select
        input,
        source_file,
        source_row,
        decision,
        reason
    from {{ ref('int_order_lines_validated') }}
    where input = 'refunds'

)

-- A raw row that feeds several rows of an input counts once.
select distinct * from validated
