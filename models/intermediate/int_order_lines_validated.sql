-- The rules in the order in which they are asked; the first that applies is the
-- decision. An order line is compared with others only when it is sound itself. A run
-- that adds validates the new files, and again the orders that they or the moving end of
-- the data may decide otherwise.
{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='order_line_id'
) }}
{%- set columns = ['source_file'] + var('input_contract')['order_lines'] | list %}
{#- A CTE that is asked twice would hold every line at once, so these are written out. A run
    that adds holds its few lines, and looks for them once. #}
{%- set lines_to_validate -%}
    select * from {{ 'few_lines' if is_incremental() else conformed('order_lines') }}
{%- endset %}
{%- set faulted_lines %}
    select
        conformed_lines.*,
        last_plausible.epoch_seconds as plausible_until,
        services.service,
        -- What takes money off; a fee of the same code adds none.
        coalesce(services.is_money_off, false) and conformed_lines.amount < 0
            and conformed_lines.line_status <> 'cancelled' as is_money_off,
        case
            when conformed_lines.source_fault is not null
                then conformed_lines.source_fault
            {%- for column in ['order_id', 'ordered_at', 'product_id', 'quantity', 'unit_price'] %}
            when conformed_lines.{{ column }} is null then {{ text('no {column}', column=string_literal(column)) }}
            {%- endfor %}
            when conformed_lines.line_status
                not in ('placed', 'delivered', 'cancelled', 'returned')
                then {{ text(
                    'status {status} is unknown',
                    status=shown_text('conformed_lines.line_status')
                ) }}
            when conformed_lines.unit_price < 0 and services.is_money_off is not true
                then {{ text('price below zero') }}
            -- Beyond this, sums and products would not fit their decimals.
            when abs(conformed_lines.amount) >= 100000000000
                or conformed_lines.amount is null
                then {{ text('amount of a hundred thousand million or more') }}
            when {{ epoch_seconds('conformed_lines.ordered_at') }}
                > last_plausible.epoch_seconds
                then {{ text('dated more than 366 days after the rest') }}
            {%- if var('as_of_date', none) %}
            when conformed_lines.ordered_at >= {{ as_of_date() }}
                then {{ text('not before the as-of date') }}
            {%- endif %}
        end as fault
    from (
        select
            *,
            coalesce(lower(status), 'delivered') as line_status,
            nullif(customer_id, '0') as known_customer_id,
            {{ adapter_column('line_service', 'string') }} as stated_service,
            {{ adapter_column('refused_quantity', 'quantity') }} as quantity_refused,
            {{ amount_of('quantity', 'unit_price', 'discount') }} as amount
        from ({{ lines_to_validate }})
    ) as conformed_lines
    cross join last_plausible
    left join services
        on conformed_lines.product_id = services.product_id
{%- endset %}
{#- Without a number two scans of one product look like an export's double. -#}
{%- set settings = describe_inputs()['settings'] if execute else {} -%}
{%- set merges = settings.get('equal_lines') == 'merge' %}
with

-- Lines are numbered in the order of their files.
file_numbers as (

    select
        source_file,
        cast(row_number() over (order by source_file) as bigint) as file_number
    from (select distinct source_file from {{ conformed('order_lines') }})

),

-- One mistyped year must not move the end of the data.
last_plausible as (

    select
        {{ percentile('epoch_seconds', 0.999) }} + 366 * 86400 as epoch_seconds
    from (
        select {{ epoch_seconds('ordered_at') }} as epoch_seconds
        from {{ conformed('order_lines') }}
        where source_fault is null
            and ordered_at is not null
    )

),
{% if is_incremental() %}
plausible_before as (

    select coalesce(max_by(plausible_until, run_number), 0) as epoch_seconds
    from {{ this }}

),

-- Those of the new files, and those with a line that was plausible and no longer is,
-- or the other way round.
orders_to_validate as (

    select order_id
    from {{ conformed('order_lines') }}
    where source_file > {{ string_literal(last_file()) }}
        and order_id is not null

    union

    select staged.order_id
    from {{ conformed('order_lines') }} as staged
    cross join last_plausible
    cross join plausible_before
    where staged.order_id is not null
        and ({{ epoch_seconds('staged.ordered_at') }} > last_plausible.epoch_seconds)
        <> ({{ epoch_seconds('staged.ordered_at') }} > plausible_before.epoch_seconds)

),

few_lines as (

    select * from {{ conformed('order_lines') }}
    where source_file > {{ string_literal(last_file()) }}
        or order_id in (select orders_to_validate.order_id from orders_to_validate)

),
{% endif %}
service_codes as (

    select * from {{ ref('service_codes') }}
    where adapter = '{{ dataset_adapter() }}'

),

services as (

    select
        products.product_id,
        min({{ worded('service_codes.service') }}) as service,
        bool_or(service_codes.is_money_off) as is_money_off
    from (
        select distinct product_id
        from ({{ lines_to_validate }})
    ) as products
    inner join service_codes
        on products.product_id like service_codes.code_pattern
    group by products.product_id

),

order_files as (

    select
        order_id,
        min(source_file) <> max(source_file) as is_in_several_files,
        -- Copies have the same number, if any.
        count(*) > coalesce(greatest({{ different_numbers('line_number') }}, 1), 1)
            as may_have_copies
    from ({{ lines_to_validate }})
    where order_id is not null
    group by order_id

),

-- Copies are few: only lines whose hash is not their own are compared column by column.
shared_hashes as (

    select hash({{ columns | join(', ') }}) as line_hash
    from ({{ lines_to_validate }})
    where source_fault is null
        and order_id in (
            select order_files.order_id from order_files
            where order_files.may_have_copies
        )
    group by line_hash
    having count(*) > 1

),

copies as (

    select
        source_file,
        source_row,
        row_number() over (
            partition by
                {{ columns | join(',\n                ') }}
            order by source_row
        ) as copy_number
    from ({{ lines_to_validate }})
    where source_fault is null
        and hash({{ columns | join(', ') }}) in (
            select shared_hashes.line_hash from shared_hashes
        )

),

-- Overlapping exports: a later file replaces the line it repeats, or the whole
-- order where lines have no number.
latest_files as (

    select
        order_id,
        line_number,
        case
            when bool_or(line_number is null) over (partition by order_id)
                then max(max(source_file)) over (partition by order_id)
            else max(source_file)
        end as source_file
    from ({{ faulted_lines }})
    where fault is null
        and order_id in (
            select order_files.order_id from order_files
            where order_files.is_in_several_files
        )
    group by order_id, line_number

),

faulted as (
{{ faulted_lines }}

),

numbered as (

    select
        faulted.*,
        file_numbers.file_number * 10000000000 + faulted.source_row as order_line_id,
        coalesce(copies.copy_number, 1) as copy_number,
        copies.copy_number is not null
            {%- if not merges %}
            and faulted.line_number is not null
            {%- endif %} as is_merged
    from faulted
    inner join file_numbers
        on faulted.source_file = file_numbers.source_file
    left join copies
        on faulted.source_file = copies.source_file
        and faulted.source_row = copies.source_row
        and copies.copy_number > 1

),

validated as (

    select
        numbered.*,
        case
            when numbered.fault is not null then 'rejected'
            when numbered.source_file < latest_files.source_file
                then 'rejected'
            when numbered.is_merged then 'merged'
            when numbered.is_money_off then 'accepted'
            when numbered.quantity = 0
                or coalesce(numbered.stated_service, numbered.service) is not null
                or numbered.unit_price = 0
                then 'accepted_not_modelled'
            else 'accepted'
        end as decision,
        case
            when numbered.fault is not null then numbered.fault
            when numbered.source_file < latest_files.source_file
                then {{ text('replaced by {file}', file='latest_files.source_file') }}
            when numbered.is_merged then {{ text('identical to an earlier line') }}
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
            when numbered.discount
                > cast(numbered.quantity as decimal(38, 3)) * numbered.unit_price
                then {{ text('sale for nothing: the discount exceeds its value') }}
            when numbered.known_customer_id is null then {{ text('anonymous sale') }}
            else {{ text('sale') }}
        end as reason
    from numbered
    left join latest_files
        on numbered.order_id = latest_files.order_id
        and numbered.line_number is not distinct from latest_files.line_number

)

select
    order_line_id,
    source_file,
    source_row,
    order_id,
    line_number,
    known_customer_id as customer_id,
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
    unit_price,
    unit_cost,
    coalesce(discount, 0) as discount,
    amount,
    decision,
    case
        when copy_number > 1 and decision in ('accepted', 'accepted_not_modelled')
            then {{ text('{reason}, accepted though identical to an earlier line', reason='reason') }}
        else reason
    end as reason,
    is_money_off,
    plausible_until,
    ordered_at,
    delivered_at,
    cast({{ run_number() }} as bigint) as run_number
from validated
