{#
    The SQL type of a column of the input contract.

    input_type('money, required')  ->  decimal(18, 4)
#}
{%- macro input_type(kind) -%}
    {{- {
        'string': 'string',
        'integer': 'bigint',
        'quantity': 'decimal(18, 3)',
        'money': 'decimal(18, 4)',
        'share': 'decimal(9, 6)',
        'rate': 'decimal(18, 8)',
        'timestamp': 'timestamp',
        'boolean': 'boolean',
    }[kind.split(',')[0]] -}}
{%- endmacro -%}
