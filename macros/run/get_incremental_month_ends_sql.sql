{#
    The incremental strategy of the ends of months: those whose events have
    changed since the model was built, and those now after the as-of date, are
    replaced by what the query now makes of them.

    config(materialized='incremental', incremental_strategy='month_ends')
#}
{%- macro get_incremental_month_ends_sql(arg_dict) %}
    delete from {{ arg_dict['target_relation'] }}
    where month_end_date > {{ first_changed_month() }}
        or month_end_date > {{ as_of_date() }};
    {{ get_incremental_append_sql(arg_dict) }}
{%- endmacro -%}


{#  The first month whose events have changed since the model was built; null without one.  #}
{%- macro first_changed_month() -%}
    (
        select min(event_month) from {{ ref('event_months_hashed') }}
        where run_number > {{ watermark(this.name) }}
    )
{%- endmacro -%}
