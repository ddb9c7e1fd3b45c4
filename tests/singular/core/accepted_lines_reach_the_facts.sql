-- The facts hold the accepted lines, all of them and nothing else: in rows, units
-- and money, and so do their refunds.
with

ledger as (

    select
        count(*) as row_count,
        coalesce(sum(quantity), 0) as quantity,
        coalesce(sum(amount), 0) as amount,
        coalesce(-sum(amount) filter (where decision = 'accepted' and amount < 0
            and reason not like {{ text('cancelled') }} || '%'), 0) as refund
    from {{ ref('order_line_ledger') }}
    where decision in ('accepted', 'accepted_not_modelled')

),

order_lines as (

    select
        count(*) as row_count,
        coalesce(sum(quantity), 0) as quantity,
        coalesce(sum(amount), 0) as amount,
        coalesce(sum(refund), 0) as refund
    from {{ ref('fct_order_lines') }}

)

select
    ledger.*,
    order_lines.*
from ledger
cross join order_lines
where ledger.row_count <> order_lines.row_count
    or ledger.quantity <> order_lines.quantity
    or ledger.amount <> order_lines.amount
    or ledger.refund <> order_lines.refund
