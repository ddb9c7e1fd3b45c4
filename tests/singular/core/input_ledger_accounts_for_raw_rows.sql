-- Every raw row of every input but the order lines is in the ledger once, also where
-- it is staged as several.
with

staged as (

    {% for input in var('input_contract') if input != 'order_lines' -%}
    select
        '{{ input }}' as input,
        source_file,
        count(distinct source_row) as row_count
    from {{ conformed(input) }} as {{ input }}_rows
    group by source_file
    {%- if not loop.last %}

    union all

    {% endif -%}
    {%- endfor %}

),

ledger as (

    select
        input,
        source_file,
        count(*) as row_count
    from {{ ref('input_ledger') }}
    group by input, source_file

)

select
    staged.*,
    ledger.*
from staged
full join ledger
    on staged.input = ledger.input
    and staged.source_file = ledger.source_file
where staged.row_count is distinct from ledger.row_count
