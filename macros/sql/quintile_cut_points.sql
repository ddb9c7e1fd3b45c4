{#
    The four values that part the quintiles of `quintile_score`, as a list: an aggregate, for
    groups too many or too large to be ranked row by row. `score_by_cut_points` gives the score.
    Of n values, the score is beyond k where at least k/5 n are worse, that is,
    where the value is beyond the one at rank ceil(k/5 n).

    quintile_cut_points('frequency')
    score_by_cut_points('frequency', 'cut_points.frequency')

    frequency  1  1  1  2  9     cut points 1, 1, 1, 2
    score      1  1  1  4  5
#}
{%- macro quintile_cut_points(value) -%}
    {{- adapter.dispatch('quintile_cut_points', 'targeted_lists')(value) -}}
{%- endmacro -%}


{%- macro default__quintile_cut_points(value) -%}
    quantile_disc({{ value }}, [0.2, 0.4, 0.6, 0.8])
{%- endmacro -%}


{%- macro spark__quintile_cut_points(value) -%}
    array(
        {%- for share in [0.2, 0.4, 0.6, 0.8] %}
        percentile_disc({{ share }}) within group (order by {{ value }}){{ ',' if not loop.last }}
        {%- endfor %}
    )
{%- endmacro -%}


{%- macro score_by_cut_points(value, cut_points) -%}
    {{- adapter.dispatch('score_by_cut_points', 'targeted_lists')(value, cut_points) -}}
{%- endmacro -%}


{%- macro default__score_by_cut_points(value, cut_points, first=1) -%}
    (1
    {%- for place in range(first, first + 4) %} + cast({{ value }} > {{ cut_points }}[{{ place }}] as integer)
    {%- endfor %})
{%- endmacro -%}


{#  A list is numbered from 0 there.  #}
{%- macro spark__score_by_cut_points(value, cut_points) -%}
    {{- targeted_lists.default__score_by_cut_points(value, cut_points, first=0) -}}
{%- endmacro -%}
