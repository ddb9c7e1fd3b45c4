{#
    A number from pandas, whose missing values arrive as NaN, as a double.

    null_if_nan('silhouette')
#}
{%- macro null_if_nan(column) -%}
    case when not isnan(cast({{ column }} as double)) then cast({{ column }} as double) end
{%- endmacro -%}
