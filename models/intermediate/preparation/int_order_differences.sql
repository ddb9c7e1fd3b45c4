-- What an order states is on each of its lines.
select
    source_file,
    order_id,
    min(ordered_at) as ordered_at,
    cast(max({{ adapter_column('order_stated', 'money') }}) as decimal(18, 4)) as stated,
    cast(max({{ adapter_column('order_difference', 'money') }}) as decimal(18, 4)) as difference
from {{ conformed('order_lines') }}
where {{ adapter_column('order_difference', 'money') }} is not null
group by source_file, order_id
