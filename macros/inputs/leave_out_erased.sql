{#
    The first step of a run: those who asked to be erased are removed from
    everything that earlier runs saved, before any model reads it
    (targeted_lists/runs/erasure.py). Nothing where the dataset has no erasures.
#}
{%- macro leave_out_erased() -%}
    {%- if has_erasures() -%}
        {%- set call -%}
            erase_customers(
                {{ string_literal(var('dataset')) }},
                (
                    select cast(to_json(list(distinct customer_id)) as varchar)
                    from {{ erased_customers() }}
                )
            )
        {%- endset -%}
        {%- do call_step(call) -%}
    {%- endif -%}
{%- endmacro -%}
