{#
    The adapter of this run: the var `adapter`, else the dataset's name where an
    adapter has it, else contract. The folders of models/staging are switched by
    the same rule in dbt_project.yml, which cannot call a macro.

    dataset_adapter()  ->  contract
#}
{%- macro dataset_adapter() -%}
    {%- set dataset = var('dataset', 'sample') -%}
    {{- var('adapter', dataset if dataset in adapter_facts() else 'contract') -}}
{%- endmacro -%}
