with

-- Few reasons stand for many rows.
reasons as (

    select
        'order_lines' as input,
        reason,
        count(*) as row_count
    from {{ ref('order_line_ledger') }}
    group by reason

    union all

    select
        input,
        reason,
        count(*) as row_count
    from {{ ref('input_ledger') }}
    group by input, reason

),

row_counts as (

    select
        input,
        sum(row_count) as row_count
    from reasons
    group by input

),

found as (
    {% for column in ['customer_id', 'order_id', 'phone', 'product_id'] %}
    select
        input,
        '{{ column }}' as key_column,
        sum(row_count) as damaged_count
    from reasons
    where reason like '%' || {{ text(
        '{column} was damaged by a spreadsheet', column=string_literal(column)
    ) }} || '%'
    group by input

    union all
    {% endfor %}
    -- They are sold all the same.
    select
        'order_lines' as input,
        'product_id' as key_column,
        count(*) as damaged_count
    from {{ ref('int_order_lines_validated') }}
    where {{ is_damaged_key('product_id') }}
        and decision in ('accepted', 'accepted_not_modelled')
    having count(*) > 0

)

select
    found.input,
    found.key_column,
    cast(found.damaged_count as bigint) as damaged_count,
    cast(row_counts.row_count as bigint) as row_count
from found
inner join row_counts
    on found.input = row_counts.input
