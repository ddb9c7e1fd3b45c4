{#
    Whole days that have passed between two moments, not calendar boundaries
    crossed: from 2025-03-01 23:00 to 2025-03-02 01:00 none has.

    elapsed_days('ordered_at', as_of_date())  ->  17
#}
{%- macro elapsed_days(earlier, later) -%}
    cast(floor({{ dbt.datediff(earlier, later, 'second') }} / 86400) as bigint)
{%- endmacro -%}
