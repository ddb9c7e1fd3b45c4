{#
    The baseline, at the end of a sentence; or, before there were enough runs, which run this is.

    baseline_or_run('baseline', 5)  ->  , usually 612
                              ->  ; usual is known after 5 runs, this is number 2
#}
{%- macro baseline_or_run(baseline, least_runs) -%}
    coalesce(
        {{ text(', usually {baseline}', baseline=baseline) }},
        {{ text(
            '; usual is known after {least} runs, this is number {number}',
            least=least_runs, number='(runs + 1)'
        ) }}
    )
{%- endmacro -%}
