{#
    All columns of a table but some.

    all_but(['customer_id'], 'customers')  ->  customers.* exclude (customer_id)
#}
{%- macro all_but(columns, table=none) -%}
    {{- adapter.dispatch('all_but', 'targeted_lists')(columns, table) -}}
{%- endmacro -%}


{%- macro default__all_but(columns, table) -%}
    {{ table ~ '.' if table }}* exclude ({{ columns | join(', ') }})
{%- endmacro -%}


{%- macro spark__all_but(columns, table) -%}
    {{ table ~ '.' if table }}* except ({{ columns | join(', ') }})
{%- endmacro -%}
