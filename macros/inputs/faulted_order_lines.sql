{#
    The order lines that a run validates, each with its fault, if it has one, as
    a query. It is used twice, and a CTE that is used twice would hold every
    line at once.

    line_number  line_status  amount  is_money_off  fault
    1            delivered    5.0000  false
    2            lost         5.0000  false         status "lost" is unknown
#}
{%- macro faulted_order_lines() %}
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
            when conformed_lines.line_currency <> dataset_currency.currency
                then {{ text(
                    'currency {currency} is not that of the dataset ({own}) and has no rate',
                    currency=shown_text('conformed_lines.line_currency'),
                    own='dataset_currency.currency'
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
            upper({{ adapter_column('currency', 'string') }}) as line_currency,
            {{ amount_of('quantity', 'unit_price', 'discount') }} as amount
        from {{ order_lines_to_validate() }}
    ) as conformed_lines
    cross join {{ ref('int_last_plausible_time') }} as last_plausible
    cross join {{ ref('int_dataset_currency') }} as dataset_currency
    left join {{ ref('int_order_line_services') }} as services
        on conformed_lines.product_id = services.product_id
{%- endmacro -%}
