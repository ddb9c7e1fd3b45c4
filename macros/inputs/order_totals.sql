{#
    What the order as a whole says, on each of its lines, and what each line is worth:
    the first half of priced_lines.

    - line_price, line_discount, line_net, line_value   of the line; services have no value
    - order_value, value_until      values of the order's goods, and of those up to the line
    - order_net                     with what stands as a line of its own below zero
    - whole_tax, is_tax_included    tax of the order, and whether prices hold it
    - discount_of_order             what the order took off beyond its lines' own discounts
    - all_differences               what it states less what it comes to

    select * from ({{ order_totals('faulted') }})
#}
{%- macro order_totals(relation) -%}
    {%- set order_window = 'over (partition by source_file, order_id)' -%}
    with

    totalled as (

        select
            * replace (
                coalesce(line_total, line_gross - coalesce(discount, 0)) as line_total
            ),
            {{ is_service('product_id') }}
            or coalesce(lower(line_kind), 'goods') not in ('goods', 'product') as is_no_goods,
            coalesce(status, '') in ('returned', 'cancelled') as is_over
        from {{ relation }}

    ),

    with_price as (

        select
            *,
            -- Rounded up: what is too much for the total is a discount.
            coalesce(
                unit_price,
                cast(
                    ceil(line_total / nullif(quantity, 0) * 10000) / 10000 as decimal(18, 4)
                )
            ) as line_price
        from totalled

    ),

    with_value as (

        select
            *,
            coalesce(line_total, quantity * line_price - coalesce(discount, 0)) as line_net,
            case
                when line_total is null then coalesce(discount, 0)
                else greatest(quantity * line_price - line_total, 0)
            end as line_discount,
            case
                when is_no_goods then 0
                when quantity > 0 and line_price > 0 then greatest(coalesce(
                    line_total, quantity * line_price - coalesce(discount, 0)
                ), 0)
                else 0
            end as line_value
        from with_price

    ),

    with_order as (

        select
            *,
            sum(line_value) {{ order_window }} as order_value,
            sum(line_value) over (
                partition by source_file, order_id order by source_row
            ) as value_until,
            -- With what stands as a line of its own below zero.
            sum(line_net) {{ order_window }} as order_net,
            bool_or(line_total is not null) {{ order_window }} as line_total_given,
            order_total - coalesce(order_shipping, 0) - coalesce(order_fees, 0)
                as total_of_goods,
            coalesce(order_tax, sum(line_tax) {{ order_window }}, 0) as whole_tax
        from with_value

    ),

    with_tax as (

        select
            *,
            -- What the order's own totals add up to says whether its prices include the tax.
            coalesce(
                prices_include_tax,
                case
                    when whole_tax = 0 then true
                    when abs(total_of_goods - coalesce(goods_total, order_net)) <= 0.02
                        then true
                    when abs(total_of_goods - whole_tax - coalesce(goods_total, order_net)) <= 0.02
                        then false
                end,
                {{ describe_inputs()['settings']['prices'] == 'with tax' if execute else 'false' }}
            ) as is_tax_included
        from with_order

    ),

    with_stated as (

        select
            *,
            total_of_goods - case when is_tax_included then 0 else whole_tax end
                as net_of_order_total,
            coalesce(
                goods_total,
                total_of_goods - case when is_tax_included then 0 else whole_tax end
            ) as stated_goods
        from with_tax

    ),

    with_difference as (

        select
            *,
            -- By so much the lines exceed what the order states for them.
            order_net - stated_goods as order_excess,
            coalesce(goods_total - net_of_order_total, 0) as totals_difference
        from with_stated

    ),

    with_discount as (

        select
            *,
            case
                when stated_goods is not null then greatest(order_excess, 0)
                when line_total_given then 0
                else coalesce(order_discount, 0)
            end as discount_of_order,
            case
                when stated_goods is not null then
                    -totals_difference
                    - case
                        when order_excess < 0 then order_excess
                        -- Nobody said what else the order took off.
                        when order_discount is null then 0
                        when abs(order_excess) <= 0.02 then 0
                        else order_excess - order_discount
                    end
            end as all_differences
        from with_difference

    )

    select * from with_discount
{%- endmacro -%}
