{#
    Population standard deviation from decimal sums: the same for every order of
    the rows, which stddev over doubles is not.

    standard_deviation('value')   1, 2, 3  ->  0.816
#}
{%- macro standard_deviation(column) -%}
    sqrt(greatest(
        cast(avg(cast({{ column }} as decimal(38, 6)) * {{ column }}) as double)
        - cast(avg({{ column }}) as double) * cast(avg({{ column }}) as double),
        0
    ))
{%- endmacro -%}
