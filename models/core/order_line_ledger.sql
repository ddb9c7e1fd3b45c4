-- An adding run replaces the rows of the lines that were validated since.
{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='order_line_id'
) }}
with

validated as (

    select * from {{ ref('int_order_lines_validated') }}
    {%- if is_incremental() %}
    where run_number > {{ watermark(this.name) }}
    {%- endif %}

)

select
    source_file,
    source_row,
    order_line_id,
    decision,
    reason,
    quantity,
    amount
from validated
