-- A return undoes earlier sales of the same product to the same customer, no
-- more units or money than it gives back, and no sale loses more than it had. Within
-- one order no customer is needed for it. Money off may be of any product.
with

matches as (

    select * from {{ ref('int_return_matches') }}
    where {{ changed_since_test('order_line_id', column='sale_line_id') or 'true' }}

),

order_lines as (

    select * from {{ ref('fct_order_lines') }}

),

matched as (

    select
        matches.*,
        sales.quantity as sold_quantity,
        sales.amount as sold_amount,
        abs(returns.quantity) as return_quantity,
        abs(returns.amount) as return_amount,
        sum(matches.quantity) over (partition by matches.sale_line_id, matches.is_written_twice)
            as quantity_of_sale,
        sum(matches.revenue) over (partition by matches.sale_line_id, matches.is_written_twice)
            as revenue_of_sale,
        sum(matches.quantity) over (partition by matches.return_line_id)
            as quantity_of_return,
        sum(matches.revenue) over (partition by matches.return_line_id)
            as revenue_of_return,
        sales.ordered_at <= matches.returned_at
            and (
                sales.customer_id = returns.customer_id
                or (
                    sales.customer_id is null
                    and returns.customer_id is null
                    and sales.order_id = returns.order_id
                )
            )
            and (sales.product_id = returns.product_id or returns.is_money_off)
            and not sales.is_cancelled
            and not returns.is_cancelled as is_same_sale
    from matches
    left join order_lines as sales
        on matches.sale_line_id = sales.order_line_id
    left join order_lines as returns
        on matches.return_line_id = returns.order_line_id

)

select *
from matched
where is_same_sale is not true
    or quantity_of_sale > sold_quantity
    or quantity_of_return > return_quantity
    or revenue_of_sale > sold_amount
    or revenue_of_return > return_amount
