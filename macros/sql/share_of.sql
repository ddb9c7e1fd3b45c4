{#
    A value as the share of its sum over a partition; null where the sum is zero.

    share_of('customers', 'basis')  ->  0.1274
#}
{%- macro share_of(column, partition_by) -%}
    cast({{ column }} as double)
    / nullif(cast(sum({{ column }}) over (partition by {{ partition_by }}) as double), 0)
{%- endmacro -%}
