-- Parquet is read in place, by each model the columns that it needs: a copy would
-- be twice as large as the files, and take longer to write than they take to read.
{{ config(materialized='view') }}
select * from {{ ref('stg_contract__order_lines_held') }}

union all by name

select * from ({{ stage_input('order_lines', formats=['parquet']) }})
