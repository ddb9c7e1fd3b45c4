{#
    The shares of the columns of `revenue_by_place` in all revenue, and the
    share of what has no place.

    shares_by_place('city', 'city_shares', 'bought_revenue')

    city_1  city_2  …  city_in_places  bought_revenue      city_1_share  …  other_city_share
    10      5          15              20              ->  0.5              0.25
#}
{%- macro shares_by_place(dimension, sums, revenue) -%}
    {%- for place in [1, 2, 3, 4, 5] -%}
    {{ ratio(sums ~ '.' ~ dimension ~ '_' ~ place, revenue) }} as {{ dimension }}_{{ place }}_share,
    {% endfor -%}
    {{ ratio(revenue ~ ' - ' ~ sums ~ '.' ~ dimension ~ '_in_places', revenue) }}
        as other_{{ dimension }}_share
{%- endmacro -%}
