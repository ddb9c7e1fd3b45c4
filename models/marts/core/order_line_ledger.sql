-- A run that adds replaces the rows of the lines that were judged since.
{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='order_line_id',
    post_hook='{{ note_built() }}'
) }}
with

judged as (

    select * from {{ ref('int_order_lines_judged') }}
    {%- if is_incremental() %}
    where run_number > {{ known_run(this.name) }}
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
from judged
