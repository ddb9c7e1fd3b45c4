{#
    The body of an int_<input>_validated model: every staged row with a decision.

    - a value that will not cast, or an empty key    -> rejected
      (the customer 0 is nobody: an empty key; where an address may name
      the customer, one of both is needed)
    - identical in every column to an earlier row    -> merged
    - same key, other content                        -> the later row is accepted,
                                                        the earlier rejected
    - what the adapter calls impossible              -> accepted but not modelled
    - everything else                                -> accepted

    A log of events has no key: there only identical rows meet.
#}
{%- macro validate_input(input, key=none) -%}
{%- set columns = var('input_contract')[input] | list -%}
{%- set by_contact = names_by_contact(input) -%}
with

file_numbers as (

    {{ file_numbers(conformed(input)) }}

),

staged as (

    select
        staged.*,
        file_numbers.file_number
    from {{ conformed(input) }} as staged
    left join file_numbers
        on staged.source_file = file_numbers.source_file

),

copies_counted as (

    select
        *,
        case
            when source_fault is not null then source_fault
            {%- for column, kind in var('input_contract')[input].items()
                if kind.endswith('required') %}
            when {{ column }} is null then {{ text('no {column}', column=string_literal(column)) }}
            {%- endfor %}
            {%- if by_contact %}
            when nullif(customer_id, '0') is null and coalesce(email, phone) is null
                then {{ text('no {column}', column=string_literal(naming_columns(input))) }}
            {%- elif 'customer_id' in columns %}
            when customer_id = '0' then {{ text('no {column}', column="'customer_id'") }}
            {%- endif %}
        end as fault,
        row_number() over (
            partition by {{ columns | join(', ') }}, source_fault
            order by file_number, source_row
        ) as copy_number,
        max((file_number, source_row)) over (
            partition by {{ columns | join(', ') }}, source_fault
        ) as last_copy
    from staged

),

versions_counted as (

    select
        *,
        {%- if key %}
        row_number() over (
            partition by {{ key | join(', ') }}, fault is null, copy_number = 1
            order by last_copy desc
        ) as version_number
        {%- else %}
        1 as version_number
        {%- endif %}
    from copies_counted

),

validated as (

    select
        source_file,
        source_row,
        {%- for column in columns %}
        {{ column }},
        {%- endfor %}
        {%- if by_contact %}
        {{ adapter_column('contact', 'string', input) }} as contact,
        {%- endif %}
        case
            when fault is not null then 'rejected'
            when copy_number > 1 then 'merged'
            when version_number > 1 then 'rejected'
            when {{ adapter_column('source_exclusion', 'string', input) }} is not null
                then 'accepted_not_modelled'
            else 'accepted'
        end as decision,
        case
            when fault is not null then fault
            when copy_number > 1 then {{ text('identical to an earlier row') }}
            when version_number > 1 then {{ text('replaced by a later row of the same key') }}
            else coalesce(
                {{ adapter_column('source_exclusion', 'string', input) }},
                {{ adapter_column('source_note', 'string', input) }},
                {{ text('sound') }}
            )
        end as decision_reason
    from versions_counted

)

select * from validated
{%- endmacro -%}
