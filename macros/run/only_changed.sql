{#
    A condition by which an incremental model takes only the keys of which an order line
    was validated since it was built; none where it is rebuilt. Its strategy
    `changed_lines` replaces what it had of them.

    where decision = 'accepted' {{ only_changed('customer_id') }}
#}
{%- macro only_changed(key) -%}
    {#- Named for dbt, which does not see the condition while parsing. -#}
    {%- set named = [ref('int_order_lines_validated'), ref('int_persons_changed')] -%}
    {%- if is_incremental() -%}
        and {{ key_of_line(key) }} in ({{ changed_keys(key) }})
    {%- endif -%}
{%- endmacro -%}
