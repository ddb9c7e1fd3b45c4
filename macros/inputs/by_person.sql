{#
    The accepted rows of an input with a row per customer (and day, category or channel), with
    those of all keys of a person as one, as a relation of the columns that the validated input
    has: amounts and counts are added up, a mean per visit is weighted by the visits, and labels
    that contradict each other are none.

    select * from {{ by_person('site_activity') }}

    customer_id  visits  minutes          customer_id  visits  minutes
    1042         3       10.0      ->     1042         5       22.0
    G88          2       12.0
#}
{%- macro by_person(input) -%}
    {%- set keys = {
        'customer_totals': ['customer_id'],
        'customer_period_totals': ['customer_id', 'period_start'],
        'customer_category_spend': ['customer_id', 'category'],
        'customer_channel_orders': ['customer_id', 'channel'],
        'site_activity': ['customer_id', 'period_start'],
        'activity_labels': ['customer_id', 'as_of_date'],
    }[input] -%}
    {%- set expressions = {
        'as_of_date': 'max(as_of_date)',
        'recency_days': 'min(recency_days)',
        'tenure_days': 'max(tenure_days)',
        'label': 'min(label)',
        'pages_per_visit': mean_by_visits('pages_per_visit'),
        'categories_per_visit': mean_by_visits('categories_per_visit'),
    } -%}
    (
        select
            {%- for column, kind in var('input_contract')[input].items() %}
            {%- if column in keys %}
            {{ column }},
            {%- else %}
            cast({{ expressions.get(column, 'sum(' ~ column ~ ')') }} as {{ input_type(kind) }})
                as {{ column }},
            {%- endif %}
            {%- endfor %}
            {%- if input == 'customer_period_totals' %}
            bool_or(is_outlier) as is_outlier,
            {%- endif %}
            'accepted' as decision
        from (
            select
                {{ all_but(['customer_id'], 'validated') }},
                {{ person_of('validated.customer_id') }} as customer_id
            from {{ ref('int_' ~ input ~ '_validated') }} as validated
            {{ join_persons('validated.customer_id') }}
            where validated.decision = 'accepted'
        ) as of_persons
        group by {{ keys | join(', ') }}
        {%- if input == 'activity_labels' %}
        having count(distinct label) < 2
        {%- endif %}
    )
{%- endmacro -%}


{#  A mean per visit of several rows; of one row its own, to the last digit.  #}
{%- macro mean_by_visits(column) -%}
    case
        when count(*) = 1 then max({{ column }})
        else sum({{ column }} * visits) / nullif(sum(visits) filter (where {{ column }} is not null), 0)
    end
{%- endmacro -%}
