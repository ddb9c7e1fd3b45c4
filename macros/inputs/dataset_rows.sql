{#
    What the dataset changes in the seeds by lists.csv and dataset.yml in its folder
    (targeted_lists/inputs/dataset_rows.py): `error` (a sentence, or none), `seeds` and
    `checksums`, each by the name of a seed.

    dataset_rows()['seeds']['service_codes']
        ->  {'columns': [adapter, code_pattern, …], 'key': [adapter, code_pattern],
             'replaced': [], 'rows': [[contract, COUPON%, …]]}
#}
{%- macro dataset_rows() -%}
    {%- set question -%}
        select describe_dataset_rows(
            {{ string_literal(var('data_dir')) }},
            {{ string_literal(var('dataset')) }},
            {{ string_literal(dataset_adapter()) }},
            {{ string_literal(tojson(var('lists', []))) }}
        )
    {%- endset -%}
    {{- return(fromjson(run_query(question).columns[0].values()[0])) -}}
{%- endmacro -%}
