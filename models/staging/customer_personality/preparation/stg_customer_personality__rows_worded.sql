{% set words = marketing_campaign_columns()['words'] -%}
with

dated as (

    select * from {{ ref('stg_customer_personality__rows_dated') }}

),

words as (

    select
        column_name,
        {{ spelling_key('spelling') }} as spelling,
        min(spelling) as known_spelling,
        min(meaning) as meaning
    from {{ ref('customer_personality_words') }}
    group by all

)

select
    dated.*
    {%- for word in words %},
    known_{{ word }}.spelling as known_{{ word }},
    known_{{ word }}.meaning as {{ word }},
    case
        when known_{{ word }}.meaning is null
            then {{ text(
                '{column} "{value}" read as unknown',
                column=string_literal(word), value='dated.' ~ word ~ '_text'
            ) }}
        when {{ spelling_key('known_' ~ word ~ '.meaning') }}
            <> {{ spelling_key('dated.' ~ word ~ '_text') }}
            then {{ text(
                '{column} "{value}" read as "{meaning}"',
                column=string_literal(word),
                value='dated.' ~ word ~ '_text',
                meaning='known_' ~ word ~ '.meaning'
            ) }}
    end as {{ word }}_repair
    {%- endfor %}
from dated
{%- for word in words %}
left join words as known_{{ word }}
    on known_{{ word }}.column_name = '{{ word }}'
    and known_{{ word }}.spelling = {{ spelling_key('dated.' ~ word ~ '_text') }}
{%- endfor %}
