{#
    A hook that stops the run where there are totals of customers and no row of any input says
    of which day: lists are drawn by that day.

    {{ config(post_hook="{{ refuse_undated() }}") }}
#}
{%- macro refuse_undated() -%}
    select
        {{ stop_with(
            "'no file has a day, so it is not known as of when customer_totals are; add the column '"
            ~ " || 'as_of_date there, or set the var as_of_date'"
        ) }}
    from {{ ref('int_customer_totals_validated') }}
    where decision = 'accepted'
        and (select max(as_of_date) from {{ this }}) is null
    having count(*) > 0
{%- endmacro -%}
