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

    select * from ({{ priced_lines('faulted') }})
#}
{%- macro priced_lines(relation) -%}
    select
        * replace (
            case
                when cancelled_at is not null then 'cancelled'
                else status
            end as status,
            line_price as unit_price,
            cast(line_discount + taken_off as decimal(18, 4)) as discount
        ),
        case
            when is_test
                or regexp_matches(
                    lower(order_tags), '(^|[,;\s])test($|[,;\s])'
                )
                then 'test order'
            when lower(line_kind) not in ('goods', 'product')
                then lower(line_kind)
        end as line_service
    from (
        select
            *,
            -- Both ends are rounded, so that the shares add up to the whole.
            case
                when order_value > 0 then
                    round(to_take_off * value_until / order_value, 2)
                    - round(to_take_off * (value_until - line_value) / order_value, 2)
                else 0
            end + least(line_value, coalesce(line_refund, 0)) as taken_off
        from (
            select
                *,
                sum(line_value) over (
                    partition by source_file, order_id order by source_row
                ) as value_until,
                least(
                    order_value,
                    case
                        when stated_goods is not null
                            then greatest(order_net - stated_goods, 0)
                        when line_total_given then 0
                        else coalesce(order_discount, 0)
                    end
                    + case
                        when status in ('returned', 'cancelled') then 0
                        else coalesce(order_refund, 0)
                    end
                ) as to_take_off
            from (
                select
                    *,
                    sum(line_value) over (partition by source_file, order_id) as order_value,
                    -- With what stands as a line of its own below zero.
                    sum(coalesce(line_total, quantity * line_price - coalesce(discount, 0)))
                        over (partition by source_file, order_id) as order_net,
                    bool_or(line_total is not null)
                        over (partition by source_file, order_id) as line_total_given
                from (
                    select
                        *,
                        case
                            when line_total is null then coalesce(discount, 0)
                            else greatest(quantity * line_price - line_total, 0)
                        end as line_discount,
                        case
                            when {{ is_service('product_id') }}
                                or lower(line_kind) not in ('goods', 'product')
                                then 0
                            when quantity > 0 and line_price > 0 then greatest(coalesce(
                                line_total,
                                quantity * line_price - coalesce(discount, 0)
                            ), 0)
                            else 0
                        end as line_value
                    from (
                        select
                            *,
                            -- Rounded up: what is too much for the total is a discount.
                            coalesce(
                                unit_price,
                                cast(
                                    ceil(line_total / nullif(quantity, 0) * 10000) / 10000
                                    as decimal(18, 4)
                                )
                            ) as line_price,
                            coalesce(
                                goods_total,
                                order_total - coalesce(order_shipping, 0)
                                - coalesce(order_fees, 0) - coalesce(order_tax, 0)
                            ) as stated_goods
                        from (
                            select
                                * replace (
                                    coalesce(line_total, line_gross - coalesce(discount, 0))
                                        as line_total
                                )
                            from {{ relation }}
                        )
                    )
                )
            )
        )
    )
{%- endmacro -%}
