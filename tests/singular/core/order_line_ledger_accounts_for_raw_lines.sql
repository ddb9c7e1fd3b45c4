-- Raw = kept + merged + rejected: every staged line is in the ledger once, and
-- the money of a file is the money of its decisions, to the cent.
with

staged as (

    select
        source_file,
        count(*) as row_count,
        sum({{ amount_of('quantity', 'unit_price', 'discount') }}) as amount
    from {{ conformed('order_lines') }}
    group by source_file

),

ledger as (

    select
        source_file,
        count(*) as row_count,
        -- As the file has it, where the currency is another.
        sum(coalesce(source_amount, amount)) as amount
    from {{ ref('order_line_ledger') }}
    where decision in ('accepted', 'accepted_not_modelled', 'merged', 'rejected')
    group by source_file

)

select
    staged.*,
    ledger.*
from staged
full join ledger
    on staged.source_file = ledger.source_file
where staged.row_count is distinct from ledger.row_count
    or staged.amount is distinct from ledger.amount
