{#
    A score from 1 (worst) to 5 (best) by quintiles of the ranking. Equal values
    get equal scores, unlike with ntile.

    quintile_score('frequency', partition_by='basis')

    frequency  1  1  1  2  9
    score      1  1  1  4  5
#}
{%- macro quintile_score(column, partition_by, best='high') -%}
    cast(1 + floor(
        5 * (rank() over (
            partition by {{ partition_by }}
            order by {{ column }} {{ 'desc' if best == 'low' }}
        ) - 1) / count(*) over (partition by {{ partition_by }})
    ) as integer)
{%- endmacro -%}
