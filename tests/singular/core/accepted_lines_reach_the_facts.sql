-- The facts hold the accepted lines and refunds, all of them and nothing else: in rows,
-- units and money.
with

decided as (

    select
        decision,
        reason,
        quantity,
        amount
    from {{ ref('order_line_ledger') }}

    union all

    select
        decision,
        reason,
        quantity,
        amount
    from {{ ref('int_order_lines_validated') }}
    where input = 'refunds'

),

ledger as (

    select
        count(*) as row_count,
        coalesce(sum(quantity), 0) as quantity,
        coalesce(sum(amount), 0) as amount,
        coalesce(-sum(amount) filter (where decision = 'accepted' and amount < 0
            and reason not like {{ text('cancelled') }} || '%'), 0) as refund
    from decided
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
