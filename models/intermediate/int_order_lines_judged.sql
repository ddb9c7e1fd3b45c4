-- The rules in the order in which they are asked; the first that applies is the
-- decision. An order line is compared with others only when it is sound itself.
with

staged as (

    select * from {{ conformed('order_lines') }}

),

service_codes as (

    select * from {{ ref('service_codes') }}
    where adapter = '{{ dataset_adapter() }}'

),

services as (

    select
        products.product_id,
        min({{ worded('service_codes.service') }}) as service
    from (select distinct product_id from staged) as products
    inner join service_codes
        on products.product_id like service_codes.code_pattern
    group by products.product_id

),

conformed_lines as (

    select
        cast(dense_rank() over (order by source_file) as bigint) * 10000000000
            + source_row as order_line_id,
        *,
        coalesce(lower(status), 'delivered') as line_status,
        nullif(customer_id, '0') as known_customer_id,
        {{ adapter_column('line_service', 'string') }} as stated_service,
        {{ adapter_column('refused_quantity', 'quantity') }} as quantity_refused,
        try_cast(
            cast(quantity as decimal(38, 3)) * unit_price
            - sign(quantity) * coalesce(discount, 0) as decimal(18, 4)
        ) as amount
    from staged

),

-- One mistyped year must not move the end of the data.
last_plausible as (

    select
        {{ percentile('epoch_seconds', 0.999) }} + 366 * 86400 as epoch_seconds
    from (
        select {{ epoch_seconds('ordered_at') }} as epoch_seconds
        from conformed_lines
        where source_fault is null
            and ordered_at is not null
    )

),

faulted as (

    select
        conformed_lines.*,
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
            when conformed_lines.unit_price < 0 then {{ text('price below zero') }}
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
    from conformed_lines
    cross join last_plausible

),

copies_counted as (

    select
        *,
        row_number() over (
            partition by
                source_file,
                {{ var('input_contract')['order_lines'] | join(',\n                ') }},
                fault is null
            order by order_line_id
        ) as copy_number
    from faulted

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
    from copies_counted
    where fault is null
    group by order_id, line_number

),

judged as (

    select
        copies_counted.*,
        case
            when copies_counted.fault is not null then 'set aside'
            when copies_counted.source_file < latest_files.source_file
                then 'set aside'
            when copies_counted.copy_number > 1 then 'merged'
            when copies_counted.quantity = 0
                or coalesce(copies_counted.stated_service, services.service) is not null
                or copies_counted.unit_price = 0
                then 'kept but not modelled'
            else 'kept'
        end as decision,
        case
            when copies_counted.fault is not null then copies_counted.fault
            when copies_counted.source_file < latest_files.source_file
                then {{ text('replaced by {file}', file='latest_files.source_file') }}
            when copies_counted.copy_number > 1 then {{ text('identical to an earlier line') }}
            when copies_counted.quantity = 0 then {{ text('quantity zero') }}
            when coalesce(copies_counted.stated_service, services.service) is not null
                then {{ text(
                    'service: {service}',
                    service='coalesce('
                        ~ label('service', 'copies_counted.stated_service')
                        ~ ', services.service)'
                ) }}
            when copies_counted.unit_price = 0 then {{ text('price zero') }}
            when copies_counted.line_status = 'cancelled' then {{ text('cancelled') }}
            when copies_counted.quantity < 0 then {{ text('return') }}
            when copies_counted.line_status = 'returned' then {{ text('sale that was returned') }}
            when copies_counted.known_customer_id is null then {{ text('anonymous sale') }}
            else {{ text('sale') }}
        end as reason
    from copies_counted
    left join latest_files
        on copies_counted.order_id = latest_files.order_id
        and copies_counted.line_number is not distinct from latest_files.line_number
    left join services
        on copies_counted.product_id = services.product_id

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
    reason,
    ordered_at,
    delivered_at
from judged
