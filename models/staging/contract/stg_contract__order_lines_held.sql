-- A text file is read once: to read it takes longer than to write it down. A run that adds
-- reads the new files only.
{{ config(materialized='incremental') }}
{{ stage_input('order_lines', formats=['csv']) }}
