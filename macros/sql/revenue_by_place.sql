{#
    Sums of revenue by the place that `labels` (customer_pivot_labels) gives to
    members: one column for each of the five places, and one for what they take
    together.

    revenue_by_place('city', 'cities.revenue')

    place  revenue      city_1  city_2  …  city_in_places
    1      10       ->  10      5          15
    2      5
           7
#}
{%- macro revenue_by_place(dimension, revenue) -%}
    {%- for place in [1, 2, 3, 4, 5] -%}
    coalesce(sum({{ revenue }}) filter (where labels.place = {{ place }}), 0)
            as {{ dimension }}_{{ place }},
        {% endfor -%}
    coalesce(sum({{ revenue }}) filter (where labels.place is not null), 0)
            as {{ dimension }}_in_places
{%- endmacro -%}
