{% set columns = marketing_campaign_columns() -%}
{% set settings = describe_inputs()['settings'] if execute else {} -%}
{% set formats = settings.get('timestamp_format', '').split('|') -%}
with

worded as (

    select * from {{ ref('stg_customer_personality__rows_worded') }}

),

faulted as (

    select
        *,
        coalesce(row_fault, nullif(concat_ws(
            '; ',
            case when id_text is null then {{ text('no {column}', column="'id'") }} end,
            {{ damaged_key_fault('customer_id', found='id_text') }}
            {%- for column, kind in columns['numbers'].items() %},
            {{ cast_fault(column, kind) }},
            case
                when {{ column }} < 0 then {{ text(
                    '{column} {value} is negative',
                    column=string_literal(column), value=column ~ '_text'
                ) }}
            end
            {%- endfor %}
            {%- for column in columns['responses'] %},
            {{ cast_fault(column, 'boolean') }}
            {%- endfor %},
            case
                when dt_customer is null and dt_customer_text is not null
                    then {{ text(
                        'dt_customer {value} is in none of the known formats '
                        ~ 'that fit its file: {formats}',
                        value=shown_text('dt_customer_text'),
                        formats=string_literal(formats | join(', '))
                    ) }}
            end
            {%- for word in columns['words'] %},
            case
                when known_{{ word }} is null and {{ word }}_text is not null
                    then {{ text(
                        '{column} {value} is not in the seed customer_personality_words',
                        column=string_literal(word), value=shown_text(word ~ '_text')
                    ) }}
            end
            {%- endfor %}
        ), '')) as own_fault
    from worded

),

-- Of rows with one id the last counts.
versioned as (

    select
        *,
        last_value({{ text(
            '{file} row {row}', file='source_file', row='source_row'
        ) }}) over later_rows as last_row,
        count(*) over later_rows - row_number() over (
            partition by id, own_fault is null
            order by {{ file_order('source_file') }}, source_row
        ) as validation_count
    from faulted
    window later_rows as (
        partition by id, own_fault is null
        order by {{ file_order('source_file') }}, source_row
        rows between unbounded preceding and unbounded following
    )

)

select
    * exclude (own_fault),
    {{ days_after('quantile_disc(dt_customer, 0.999) over ()', 366) }} as last_likely_at,
    quantile_disc(recency, 0.999) over () + 366 as last_likely_recency,
    coalesce(own_fault, case
        when validation_count > 0
            then {{ text('id {id} stands again in {row}', id='id', row='last_row') }}
    end) as source_fault
from versioned
