{#
    The post-hook of the seeds, of which a dataset may have rows of its own
    (targeted_lists/inputs/dataset_rows.py): takes out those that it replaces and puts in
    its own. Nothing where it has none. A seed is loaded from its file each time, so what
    the dataset said before is gone.

    +post-hook: "{{ add_dataset_rows(this) }}"
#}
{%- macro add_dataset_rows(seed) -%}
    {{- adapter.dispatch('add_dataset_rows')(seed) -}}
{%- endmacro -%}


{#  In an engine without the functions of targeted_lists/runs/dbt_plugin.py.  #}
{%- macro default__add_dataset_rows(seed) -%}
{%- endmacro -%}


{#  In DuckDB.  #}
{%- macro duckdb__add_dataset_rows(seed) -%}
    {%- set own = dataset_rows()['seeds'].get(seed.name) if execute -%}
    {%- if own and own['replaced'] %}
    delete from {{ seed }}
    where ({{ own['key'] | join(', ') }}) in ({{ rows_of_texts(own['replaced']) }});
    {%- endif %}
    {%- if own and own['rows'] %}
    insert into {{ seed }} ({{ own['columns'] | join(', ') }})
    {{ rows_of_texts(own['rows']) }};
    {%- endif %}
{%- endmacro -%}


{#  rows_of_texts([['a', none], ["b'c", 'd']])  ->  values ('a', null), ('b''c', 'd')  #}
{%- macro rows_of_texts(rows) -%}
    values
    {%- for row in rows %}
    (
        {%- for text in row -%}
        {{ 'null' if text is none else string_literal(text) }}{{ ', ' if not loop.last }}
        {%- endfor -%}
    ){{ ',' if not loop.last }}
    {%- endfor -%}
{%- endmacro -%}
