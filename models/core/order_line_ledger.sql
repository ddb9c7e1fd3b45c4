-- An adding run replaces the rows of the lines that were validated since.
{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='order_line_id'
) }}
with

validated as (

    select * from {{ ref('int_order_lines_validated') }}
    -- Refunds are in the ledger of the other inputs.
    where input = 'order_lines'
    {%- if is_incremental() %}
        and run_number > {{ watermark(this.name) }}
    {%- endif %}

)

select
    source_file,
    source_row,
    order_line_id,
    decision,
    reason,
    quantity,
    amount,
    source_currency,
    source_amount
from validated
