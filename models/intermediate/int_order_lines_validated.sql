-- The rules in the order in which they apply; the first that applies is the decision.
-- An order line is compared with others only when it is sound itself. An adding
-- run validates the new files, and again the orders that they or the moving end
-- of the data may decide otherwise.
{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='order_line_id'
) }}
{#- Without a number two scans of one product look like an export's double. -#}
{%- set settings = describe_inputs()['settings'] if execute else {} -%}
{%- set inputs = ['order_lines', 'refunds'] if has_input('refunds') or not execute
    else ['order_lines'] %}
{%- set merges = settings.get('equal_lines') == 'merge' %}
{%- set is_accepted = "decision in ('accepted', 'accepted_not_modelled')" %}
with

-- Lines are numbered in the order of their files, refunds after all of them.
file_numbers as (

    {% for input in inputs -%}
    select
        '{{ input }}' as input,
        source_file,
        {{ loop.index0 * 1000000 }} + file_number as file_number
    from ({{ file_numbers(conformed(input)) }}) as numbers
    {%- if not loop.last %}

    union all

    {% endif -%}
    {%- endfor %}

),

copies as (

    select * from {{ ref('int_order_line_copies') }}

),

versions as (

    select * from {{ ref('int_order_line_versions') }}

),

order_lines as (
{{ faulted_order_lines() }}

),

numbered as (

    select
        order_lines.*,
        file_numbers.file_number * 10000000000 + order_lines.source_row as order_line_id,
        coalesce(copies.copy_number, 1) as copy_number,
        copies.copy_number is not null
            {%- if not merges %}
            and order_lines.line_number is not null
            {%- endif %} as is_merged
    from order_lines
    inner join file_numbers
        on order_lines.input = file_numbers.input
        and order_lines.source_file = file_numbers.source_file
    left join copies
        on order_lines.source_file = copies.source_file
        and order_lines.source_row = copies.source_row

),

validated as (

    select
        numbered.*,
        case
            when numbered.fault is not null then 'rejected'
            -- No sound line is of a later one.
            when numbered.source_file <> versions.latest_file
                then 'rejected'
            when numbered.is_merged or numbered.repeated_in is not null then 'merged'
            when numbered.is_money_off then 'accepted'
            when numbered.quantity = 0
                or coalesce(numbered.stated_service, numbered.service) is not null
                or numbered.unit_price = 0
                then 'accepted_not_modelled'
            else 'accepted'
        end as decision,
        case
            when numbered.fault is not null then numbered.fault
            when numbered.source_file <> versions.latest_file
                then {{ text('replaced by {file}', file='versions.latest_file') }}
            when numbered.is_merged then {{ text('identical to an earlier line') }}
            when numbered.repeated_in is not null
                then {{ text('the same row is in {file}', file='numbered.repeated_in') }}
            when numbered.quantity = 0 then {{ text('quantity zero') }}
            when coalesce(numbered.stated_service, numbered.service) is not null
                then {{ text(
                    'service: {service}',
                    service='coalesce('
                        ~ label('service', 'numbered.stated_service')
                        ~ ', numbered.service)'
                ) }}
            when numbered.unit_price = 0 then {{ text('price zero') }}
            when numbered.line_status = 'cancelled' then {{ text('cancelled') }}
            when numbered.quantity < 0 then {{ text('return') }}
            when numbered.line_status = 'returned' then {{ text('sale that was returned') }}
            when numbered.own_discount
                > cast(numbered.quantity as decimal(38, 3)) * numbered.own_unit_price
                then {{ text('sale for nothing: the discount exceeds its value') }}
            when numbered.known_customer_id is null then {{ text('anonymous sale') }}
            else {{ text('sale') }}
        end as reason
    from numbered
    left join versions
        on numbered.order_id = versions.order_id
        and numbered.line_number is not distinct from versions.line_number
        and numbered.input = 'order_lines'

),

of_persons as (

    select
        validated.*,
        {{ person_of('validated.known_customer_id') }} as person_id
    from validated
    {{ join_persons('validated.known_customer_id') }}

)

select
    order_line_id,
    input,
    source_file,
    source_row,
    order_id,
    line_number,
    person_id as customer_id,
    product_id,
    product_name,
    category_1,
    category_2,
    category_3,
    line_status as status,
    cancel_reason,
    channel,
    delivery_method,
    payment_method,
    country,
    region,
    city,
    quantity,
    quantity_refused as refused_quantity,
    own_unit_price as unit_price,
    own_unit_cost as unit_cost,
    coalesce(own_discount, 0) as discount,
    amount,
    case when source_amount is not null then line_currency end as source_currency,
    source_amount,
    decision,
    case
        when {{ adapter_column('has_damaged_key', 'boolean') }} and {{ is_accepted }}
            then reason || '; '
                || {{ text('{column} was damaged by a spreadsheet', column="'customer_id'") }}
        when copy_number > 1 and {{ is_accepted }}
            then {{ text('{reason}, accepted though identical to an earlier line', reason='reason') }}
        else reason
    end as reason,
    is_money_off,
    plausible_until,
    ordered_at,
    delivered_at,
    cast({{ run_number() }} as bigint) as run_number
from of_persons
