-- What returns give back is what sales lost by them and what is listed as unmatched, in
-- units and to the cent: nothing comes back in silence.
with

order_lines as (

    select * from {{ ref('fct_order_lines') }}
    where return_match is not null

),

matches as (

    select
        sum(matches.quantity) as quantity,
        sum(matches.revenue) as revenue
    from {{ ref('int_return_matches') }} as matches
    where matches.sale_line_id <> matches.return_line_id

),

returns as (

    select
        sum(case when is_money_off then 0 else -quantity end) as quantity,
        sum(greatest(-amount, 0)) as amount,
        sum(unmatched_quantity) as unmatched_quantity,
        sum(unmatched_amount) as unmatched_amount
    from order_lines

)

select
    returns.*,
    matches.*
from returns
cross join matches
where coalesce(returns.quantity - returns.unmatched_quantity, 0)
    <> coalesce(matches.quantity, 0)
    or coalesce(returns.amount - returns.unmatched_amount, 0) <> coalesce(matches.revenue, 0)
