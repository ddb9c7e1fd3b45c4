{#
    The step by which a run begins: those who asked to be erased leave everything
    that earlier runs have kept, before any model reads it (targeted_lists/runs/erasure.py).
    Nothing where the dataset has no erasures.
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
