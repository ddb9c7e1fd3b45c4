-- Every text by which a consent or a suppression names an address. Whoever objects is heard,
-- whatever else is wrong with the row.
{{ config(schema='private') }} -- e-mails and phones stand in this schema only
with

{% for input in ['consents', 'suppressions'] -%}
{{ input }} as (

    select * from {{ ref('int_' ~ input ~ '_validated') }}
    where decision <> 'merged'

),

{% endfor -%}
texts as (

    {% for input in ['consents', 'suppressions'] -%}
    {%- for named_in, column in [('customer_id', 'contact'), ('email', 'email'), ('phone', 'phone')] -%}
    select
        '{{ input }}' as input,
        source_file,
        source_row,
        '{{ named_in }}' as named_in,
        {{ column }} as contact_text
    from {{ input }}
    where {{ column }} is not null
    {%- if not loop.last %}

    union all

    {% endif -%}
    {%- endfor %}
    {%- if not loop.last %}

    union all

    {% endif -%}
    {%- endfor %}

)

select
    input,
    source_file,
    source_row,
    named_in,
    contact_text,
    {{ is_contact_hash('contact_text') }} as is_hash
from texts
