-- Placed revenue is bought revenue, and what was not delivered, and what came
-- back of what was: nothing falls between the two bases.
with

order_lines as (

    select * from {{ ref('fct_order_lines') }}
    where is_placed

),

returned as (

    select
        sale_line_id,
        sum(revenue) as revenue
    from {{ ref('int_return_matches') }}
    where not is_written_twice
    group by sale_line_id

),

compared as (

    select
        order_lines.placed_revenue,
        order_lines.bought_revenue,
        case
            when order_lines.is_bought then coalesce(returned.revenue, 0)
            else order_lines.amount
        end as returned_revenue
    from order_lines
    left join returned
        on order_lines.order_line_id = returned.sale_line_id

)

select
    sum(placed_revenue) as placed_revenue,
    sum(bought_revenue) as bought_revenue,
    sum(returned_revenue) as returned_revenue
from compared
having sum(placed_revenue) <> sum(bought_revenue) + sum(returned_revenue)
