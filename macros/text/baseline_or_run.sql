{#
    What is usual, at the end of a sentence; or, before enough runs have told it, which run this is.

    baseline_or_run('usual', 5)  ->  , usually 612
                              ->  ; usual is known after 5 runs, this is number 2
#}
{%- macro baseline_or_run(usual, least_runs) -%}
    coalesce(
        {{ text(', usually {usual}', usual=usual) }},
        {{ text(
            '; usual is known after {least} runs, this is number {number}',
            least=least_runs, number='(runs + 1)'
        ) }}
    )
{%- endmacro -%}
