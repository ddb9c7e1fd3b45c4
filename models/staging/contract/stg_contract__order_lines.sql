-- A run that adds reads the new files only.
{{ config(materialized='incremental', post_hook='{{ note_built() }}') }}
{{ stage_input('order_lines') }}
