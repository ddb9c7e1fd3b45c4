{#
    Whether a product code stands for a service by the seed service_codes and the dataset's own
    rows of it, such as delivery or a gift card, and not for money off. The seed is read as
    a file: staging cannot wait for its table.

    is_service('product_id')   SHIPPING  ->  true    P10368  ->  false
#}
{%- macro is_service(product_id) -%}
    {%- set patterns = [] -%}
    {%- if execute -%}
        {%- for row in run_query(
            'select code_pattern from '
            ~ read_texts('service_codes', ['adapter', 'code_pattern', 'service', 'service_ru', 'is_money_off'])
            ~ ' where adapter = ' ~ string_literal(dataset_adapter()) ~ " and is_money_off <> 'true'"
        ).rows -%}
            {%- do patterns.append(row[0]) -%}
        {%- endfor -%}
        {%- set own = dataset_rows()['seeds'].get('service_codes', {}) -%}
        {%- for adapter_name, pattern in own.get('replaced', []) if pattern in patterns -%}
            {%- do patterns.remove(pattern) -%}
        {%- endfor -%}
        {%- for row in own.get('rows', []) if row[4] != 'true' -%}
            {%- do patterns.append(row[1]) -%}
        {%- endfor -%}
    {%- endif -%}
    coalesce(
        {%- for pattern in patterns %}
        {{ product_id }} like {{ string_literal(pattern) }}{{ ' or' if not loop.last }}
        {%- else %}
        false
        {%- endfor %}, false
    )
{%- endmacro -%}
