{#
    The order lines that a run validates, each with its fault, if it has one, as
    a query. It is used twice, and a CTE that is used twice would hold every
    line at once.

    Amounts in another currency are converted at the rate of the day on which the order
    was placed, as own_unit_price, own_unit_cost, own_discount and amount; without a rate
    there is no amount. What was written stays as source_amount.

    line_number  line_status  amount  is_money_off  fault
    1            delivered    5.0000  false
    2            lost         5.0000  false         status "lost" is unknown
#}
{%- macro faulted_order_lines() %}
    select
        *,
        -- What takes money off; a fee of the same code adds none.
        (is_code_for_money_off or is_money_refund) and amount < 0
            and line_status <> 'cancelled' as is_money_off,
        case
            when source_fault is not null
                then source_fault
            {%- for column in ['order_id', 'ordered_at', 'product_id', 'quantity', 'unit_price'] %}
            when {{ column }} is null then {{ text('no {column}', column=string_literal(column)) }}
            {%- endfor %}
            when line_status not in ('placed', 'delivered', 'cancelled', 'returned')
                then {{ text('status {status} is unknown', status=shown_text('line_status')) }}
            when is_without_rate
                then {{ text(
                    'currency {currency} is not that of the dataset ({own}) and has no rate',
                    currency=shown_text('line_currency'),
                    own='own_currency'
                ) }}
            when unit_price < 0 and not is_code_for_money_off
                then {{ text('price below zero') }}
            -- Beyond this, sums and products would not fit their decimals.
            when abs(amount) >= 100000000000
                or amount is null
                then {{ text('amount of a hundred thousand million or more') }}
            when {{ epoch_seconds('ordered_at') }} > plausible_until
                then {{ text('dated more than 366 days after the rest') }}
            {%- if var('as_of_date', none) %}
            when ordered_at >= {{ as_of_date() }}
                then {{ text('not before the as-of date') }}
            {%- endif %}
        end as fault
    from (
        select
            *,
            case
                when not is_without_rate
                    then {{ amount_of('quantity', 'own_unit_price', 'own_discount') }}
            end as amount,
            case
                when line_currency <> own_currency
                    then {{ amount_of('quantity', 'unit_price', 'discount') }}
            end as source_amount
        from (
            select
                conformed_lines.*,
                last_plausible.epoch_seconds as plausible_until,
                services.service,
                coalesce(services.is_money_off, false)
                or coalesce(conformed_lines.stated_service in ('discount', 'refund'), false)
                    as is_code_for_money_off,
                dataset_currency.currency as own_currency,
                coalesce(conformed_lines.line_currency <> dataset_currency.currency, false)
                    {%- if has_input('exchange_rates') or not execute %}
                    and rates.rate is null
                    {%- endif %} as is_without_rate
                {%- for column in ['unit_price', 'unit_cost', 'discount'] %},
                {%- if has_input('exchange_rates') or not execute %}
                case
                    when rates.rate is null then conformed_lines.{{ column }}
                    else cast(conformed_lines.{{ column }} * rates.rate as decimal(18, 4))
                end as own_{{ column }}
                {%- else %}
                conformed_lines.{{ column }} as own_{{ column }}
                {%- endif %}
                {%- endfor %}
            from (
                select
                    *,
                    coalesce(lower(status), 'delivered') as line_status,
                    nullif(customer_id, '0') as known_customer_id,
                    {{ adapter_column('line_service', 'string') }} as stated_service,
                    {{ adapter_column('refused_quantity', 'quantity') }} as quantity_refused,
                    upper({{ adapter_column('currency', 'string') }}) as line_currency
                from {{ order_lines_to_validate() }}
            ) as conformed_lines
            cross join {{ ref('int_last_plausible_time') }} as last_plausible
            cross join {{ ref('int_dataset_currency') }} as dataset_currency
            left join {{ ref('int_order_line_services') }} as services
                on conformed_lines.product_id = services.product_id
            {%- if has_input('exchange_rates') or not execute %}
            left join {{ ref('int_exchange_rates') }} as rates
                on conformed_lines.line_currency = rates.currency
                and conformed_lines.line_currency <> dataset_currency.currency
                and conformed_lines.priced_at >= rates.valid_from
                and conformed_lines.priced_at < rates.valid_until
            {%- endif %}
        ) as rated
    ) as converted
{%- endmacro -%}
