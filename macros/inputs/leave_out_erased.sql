{#
    The first step of a run: who asked to be erased is found out in the raw files, and removed
    from everything that earlier runs saved, before any model reads it
    (targeted_lists/runs/erasure.py). Nothing where the dataset has no erasures and remembers none.
#}
{%- macro leave_out_erased() -%}
    {%- if has_erasures() -%}
        {%- set call -%}
            erase_customers(
                {{ string_literal(var('dataset')) }}, {{ string_literal(tojson(erasure_request())) }}
            )
        {%- endset -%}
        {%- do call_step(call) -%}
    {%- else -%}
        {%- do run_query(
            'create or replace table ' ~ erased_hashes() ~ ' (kind varchar, erased_hash varchar)'
        ) -%}
    {%- endif -%}
{%- endmacro -%}
