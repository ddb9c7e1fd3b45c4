-- What returned goods leave of a sale can be given back as money.
with

returned_amounts as (

    select * from {{ ref('int_returned_amounts') }}
    where true
        {{ only_affected('sale_line_id') }}

),

-- Asked more than once, and too many to be held meanwhile.
order_lines as {{ not_materialized() }} (

    select
        order_line_id,
        order_id,
        product_id,
        coalesce(customer_id, order_id) as buyer,
        quantity,
        amount,
        customer_id is null as is_anonymous,
        is_money_off,
        ordered_at
    from {{ ref('int_order_lines_validated') }}
    where decision = 'accepted'
        and status <> 'cancelled'
        {{ only_affected('order_line_id') }}

),

buyers as (

    select distinct
        buyer,
        is_anonymous
    from order_lines
    where is_money_off

),

returned_of_sales as (

    select
        sale_line_id,
        sum(revenue) as amount
    from returned_amounts
    where not is_written_twice
    group by sale_line_id

)

select
    order_lines.order_line_id,
    order_lines.order_id,
    order_lines.product_id,
    order_lines.buyer,
    abs(order_lines.amount) - coalesce(returned_of_sales.amount, 0) as amount,
    order_lines.is_anonymous,
    order_lines.is_money_off as is_return,
    -- Within one moment the sale comes first.
    row_number() over (
        partition by order_lines.buyer, order_lines.is_anonymous
        order by
            order_lines.ordered_at, order_lines.is_money_off, order_lines.order_line_id
    ) as time_number,
    order_lines.ordered_at
from order_lines
inner join buyers
    on order_lines.buyer = buyers.buyer
    and order_lines.is_anonymous = buyers.is_anonymous
left join returned_of_sales
    on order_lines.order_line_id = returned_of_sales.sale_line_id
where order_lines.is_money_off
    or (order_lines.quantity > 0 and order_lines.amount > 0)
