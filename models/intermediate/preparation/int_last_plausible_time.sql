-- One mistyped year must not move the end of the data.
with

ordered as (

    select {{ epoch_seconds('ordered_at') }} as epoch_seconds
    from {{ conformed('order_lines') }}
    where source_fault is null
        and ordered_at is not null

)

select {{ percentile('epoch_seconds', 0.999) }} + 366 * 86400 as epoch_seconds
from ordered
