-- A text file is read once: to read it takes longer than to write it down. An
-- adding run reads only the new files.
{{ config(materialized='incremental', post_hook=[
    "{{ refuse_currencies() }}", "{{ refuse_unknown_tax() }}",
    "{{ refuse_date_order('order_lines', 'ordered_at') }}"
]) }}
{{ stage_input('order_lines', formats=['csv']) }}
