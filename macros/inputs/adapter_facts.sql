{#
    What each adapter delivers and cannot say: the one place that knows adapters by name,
    apart from the folders of models/staging and their switches in
    dbt_project.yml, which cannot call macros.

    - inputs             the conformed inputs that it delivers, each with its columns beyond
                         the input contract (macro adapter_column)
    - has_line_contacts  whether order lines may say how a customer can be reached
    - has_consents       false where such files never record consents: a research file
    - label_periods      in how many of the last periods a customer must have spent for a
                         given label to train (macro activity_label_periods)

    adapter_facts()['one_click']['label_periods']  ->  3
#}
{%- macro adapter_facts() -%}
    {%- set contract = {} -%}
    {%- for input in var('input_contract') -%} {%- do contract.update({input: []}) -%} {%- endfor -%}
    {%- do contract.update({'order_lines': [
        'line_service', 'currency', 'order_stated', 'order_difference', 'tax_factor',
        'has_damaged_key',
    ]}) -%}
    {%- for input in contract if names_by_contact(input) -%}
        {%- do contract.update({input: ['contact']}) -%}
    {%- endfor -%}
    {{- return({
        'contract': {
            'inputs': contract,
            'has_line_contacts': true,
            'has_consents': true,
            'label_periods': 0,
        },
        'online_retail': {
            'inputs': {'order_lines': ['has_damaged_key']},
            'has_line_contacts': false,
            'has_consents': false,
            'label_periods': 0,
        },
        'order_export': {
            'inputs': {
                'order_lines': ['line_service', 'refused_quantity', 'has_damaged_key'],
                'customers': [],
            },
            'has_line_contacts': false,
            'has_consents': true,
            'label_periods': 0,
        },
        'one_click': {
            'inputs': {
                'customers': ['source_note'],
                'consents': ['source_note'],
                'site_activity': ['source_note'],
                'customer_totals': [],
                'customer_period_totals': ['source_note'],
                'activity_labels': ['source_note'],
            },
            'has_line_contacts': false,
            'has_consents': true,
            'label_periods': 3,
        },
        'customer_personality': {
            'inputs': {
                'customers': ['source_note', 'source_exclusion'],
                'customer_totals': ['source_note', 'source_exclusion'],
                'customer_category_spend': ['source_note', 'source_exclusion'],
                'customer_channel_orders': ['source_note', 'source_exclusion'],
                'site_activity': ['source_note', 'source_exclusion'],
                'campaigns': [],
                'campaign_contacts': ['source_note', 'source_exclusion'],
            },
            'has_line_contacts': false,
            'has_consents': false,
            'label_periods': 0,
        },
    }) -}}
{%- endmacro -%}


{#  One fact of this run's adapter; of one that is not known, which stops the run, nothing.  #}
{%- macro adapter_fact(name) -%}
    {%- set unknown = {'inputs': {}, 'has_line_contacts': false, 'has_consents': true,
                       'label_periods': 0} -%}
    {{- return(adapter_facts().get(dataset_adapter(), unknown)[name]) -}}
{%- endmacro -%}
