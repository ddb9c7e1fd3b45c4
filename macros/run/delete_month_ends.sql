{#
    A hook that removes the ends of months whose events have changed since the model was
    built, and of those that now lie after the as-of date.
#}
{%- macro delete_month_ends() -%}
    {%- set months = ref('event_months_hashed') -%}
    {%- if is_incremental() -%}
        delete from {{ this }}
        where month_end_date > (
                select min(event_month) from {{ months }}
                where run_number > {{ watermark(this.name) }}
            )
            or month_end_date > {{ as_of_date() }}
    {%- endif -%}
{%- endmacro -%}
