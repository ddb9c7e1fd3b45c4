{#
    What staging makes of the columns that order lines have beyond the contract (the
    var order_line_extras): the price of a line from its total, its share of what the
    order as a whole took off or gave back, its kind and its status. Shares are by
    value, to the cent, within an order of one file.

    - A total of the line comes after its own discount and its share of the order's.
    - Of the order's discount only that is shared by which the lines exceed the
      order's goods total: some platforms' line totals are after it already.
    - What the order took off or gave back is of its goods, not of tips or gift cards.
    - Money given back for the order reduces it, and no line below zero; the status
      returned or cancelled says more, and nothing is taken off twice.
    - Where the var tax_basis says net or gross, amounts are made so: by the tax of the
      line, else by its share of the order's tax, of which delivery has a part.
    - Where the totals of an order do not add up, order_difference says by how much:
      what it states less what its lines, delivery, fees and tax come to.

    select * from ({{ priced_lines('faulted') }})
#}
{%- macro priced_lines(relation) -%}
    {%- set basis = var('tax_basis') -%}
    with

    with_discount as (

        {{ order_totals(relation) }}

    ),

    -- Both ends are rounded, so that the shares add up to the whole.
    with_shares as (

        select
            *,
            {%- for part, whole in [
                ('discount_share', 'least(order_value, discount_of_order)'),
                ('taken_off', 'least(order_value, discount_of_order
                    + case when is_over then 0 else coalesce(order_refund, 0) end)'),
            ] %}
            case
                when order_value > 0 then
                    round({{ whole }} * value_until / order_value, 2)
                    - round({{ whole }} * (value_until - line_value) / order_value, 2)
                else 0
            end as {{ part }}{{ ',' if not loop.last }}
            {%- endfor %}
        from with_discount

    ),

    with_amount as (

        select
            *,
            line_discount + taken_off + least(line_value, coalesce(line_refund, 0))
                as whole_discount,
            {%- if basis == 'as written' %}
            cast(null as decimal(18, 8)) as tax_factor
            {%- else %}
            cast(
                case
                    when is_tax_included = {{ 'true' if basis == 'gross' else 'false' }} then 1
                    else 1 {{ '+' if basis == 'gross' else '-' }} coalesce(
                        abs(line_tax) / nullif(abs(line_net) - discount_share, 0),
                        whole_tax / nullif(
                            case
                                when order_value > 0 then order_value - discount_of_order
                                else order_net
                            end + coalesce(order_shipping, 0),
                            0
                        ),
                        0
                    )
                end as decimal(18, 8)
            ) as tax_factor
            {%- endif %}
        from with_shares

    )

    select
        * replace (
            case when cancelled_at is not null then 'cancelled' else status end as status,
            taxed_price as unit_price,
            {%- if basis == 'as written' %}
            cast(whole_discount as decimal(18, 4)) as discount
            {%- else %}
            cast(
                abs(quantity) * taxed_price
                - cast(
                    cast(abs(quantity) * line_price - whole_discount as decimal(18, 4))
                    * cast(tax_factor as decimal(10, 8)) as decimal(18, 4)
                )
                as decimal(18, 4)
            ) as discount
            {%- endif %}
        ),
        case
            when is_test
                or regexp_matches(lower(order_tags), '(^|[,;\s])test($|[,;\s])')
                then 'test order'
            when lower(line_kind) not in ('goods', 'product')
                then lower(line_kind)
        end as line_service,
        coalesce(order_total, goods_total) as order_stated,
        case
            when abs(all_differences) > 0.02 then cast(all_differences as decimal(18, 4))
        end as order_difference
    from (
        select
            *,
            {%- if basis == 'as written' %}
            line_price as taxed_price
            {%- else %}
            -- Rounded up, as above.
            cast(
                line_price * cast(tax_factor as decimal(10, 8)) + 0.000049999999 as decimal(18, 4)
            ) as taxed_price
            {%- endif %}
        from with_amount
    )
{%- endmacro -%}
