-- Copies are few: only lines whose hash is not their own are compared column by column.
{% set columns = ['source_file'] + var('input_contract')['order_lines'] | list -%}
with

order_files as (

    select * from {{ ref('int_order_files') }}

),

shared_hashes as (

    select hash({{ columns | join(', ') }}) as line_hash
    from {{ order_lines_to_validate() }}
    where source_fault is null
        and order_id in (
            select order_files.order_id from order_files
            where order_files.may_have_copies
        )
    group by line_hash
    having count(*) > 1

),

lines as (

    select
        source_file,
        source_row,
        row_number() over (
            partition by
                {{ columns | join(',\n                ') }}
            order by source_row
        ) as copy_number
    from {{ order_lines_to_validate() }}
    where source_fault is null
        and hash({{ columns | join(', ') }}) in (
            select shared_hashes.line_hash from shared_hashes
        )

)

select
    source_file,
    source_row,
    copy_number
from lines
where copy_number > 1
