{#
    The body of a staging model of one of the four files of one_click: every raw
    row with its words as the seed one_click_spellings understands them and its
    values cast. A word that the seed does not know is null, like a value that
    cannot be cast, and `source_fault` names it; what a word was fixed from is
    in `<word>_repair`.

    stage_one_click('market_money', ['period'], {'revenue': 'money'})

    customer_id  period  period_repair                   revenue  source_fault
    215348       1                                        4216.30
    215349       1       "предыдцщий_месяц" read as …     5010.00
    215350                                                3290.10  period "январь" is …
#}
{%- macro stage_one_click(file, words, values) -%}
{%- set settings = describe_inputs()['settings'] if execute else {} -%}
with

raw_rows as (

    {{ read_input(file, ['customer_id'] + words + values | list, with_decimal_mark=true) }}

),

spellings as (

    select
        column_name,
        {{ spelling_key('spelling') }} as spelling,
        min(repaired) as repaired,
        min(meaning) as meaning
    from {{ ref('one_click_spellings') }}
    group by all

),

cleaned as (

    select
        source_file,
        source_row,
        {%- for column in ['customer_id'] + words + values | list %}
        {{ clean_text(column, settings) }} as {{ column }}_text,
        {%- endfor %}
        decimal_mark,
        row_fault
    from raw_rows

),

cast_rows as (

    select
        cleaned.*,
        {{ customer_key('cleaned.customer_id_text') }} as customer_id
        {%- for word in words %},
        known_{{ word }}.meaning as {{ word }},
        case
            when {{ spelling_key('known_' ~ word ~ '.repaired') }}
                <> {{ spelling_key('cleaned.' ~ word ~ '_text') }}
                then {{ text(
                    '{column} "{value}" read as "{meaning}"',
                    column=string_literal(word),
                    value='cleaned.' ~ word ~ '_text',
                    meaning='known_' ~ word ~ '.repaired'
                ) }}
        end as {{ word }}_repair
        {%- endfor %}
        {%- for column, kind in values.items() %},
        {#- The files are not all written alike. #}
        case cleaned.decimal_mark
            when ',' then {{ cast_text('cleaned.' ~ column ~ '_text', kind, {'decimal': ',', 'is_fixed': true}) }}
            else {{ cast_text('cleaned.' ~ column ~ '_text', kind, {'is_fixed': true}) }}
        end as {{ column }}
        {%- endfor %}
    from cleaned
    {%- for word in words %}
    left join spellings as known_{{ word }}
        on known_{{ word }}.column_name = '{{ word }}'
        and known_{{ word }}.spelling = {{ spelling_key('cleaned.' ~ word ~ '_text') }}
    {%- endfor %}

),

faulted as (

    select
        source_file,
        source_row,
        customer_id,
        {%- for word in words %}
        {{ word }},
        {%- endfor %}
        {%- for column in values %}
        {{ column }},
        {%- endfor %}
        {%- for word in words %}
        {{ word }}_repair,
        {%- endfor %}
        coalesce(row_fault, nullif(concat_ws(
            '; ',
            {{ damaged_key_fault('customer_id', found='customer_id_text') }}
            {%- for word in words %},
            case
                when {{ word }} is null and {{ word }}_text is not null
                    then {{ text(
                        '{column} {value} is not in the seed one_click_spellings',
                        column=string_literal(word), value=shown_text(word ~ '_text')
                    ) }}
            end
            {%- endfor %}
            {%- for column, kind in values.items() %},
            {{ cast_fault(column, kind) }}
            {%- endfor %}
        ), '')) as source_fault
    from cast_rows

)

select * from faulted
{%- endmacro -%}
