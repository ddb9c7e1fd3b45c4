{#
    One row per record of a JSON list, in place of a column: a column per name of `types`.
    A strict one stops on a value of another type or a missing name.

    row_per_record('calibration', {'decile': 'bigint'})
        ->  unnest(from_json(calibration, '[{"decile": "bigint"}]'), max_depth := 2)
#}
{%- macro row_per_record(column, types, is_strict=false) -%}
    {{- adapter.dispatch('row_per_record', 'targeted_lists')(column, types, is_strict) -}}
{%- endmacro -%}


{%- macro default__row_per_record(column, types, is_strict) -%}
    unnest(
        {{ 'from_json_strict' if is_strict else 'from_json' }}(
            {{ column }}, {{ string_literal(tojson([types])) }}
        ),
        max_depth := 2
    )
{%- endmacro -%}


{%- macro spark__row_per_record(column, types, is_strict) -%}
    {%- set fields = [] -%}
    {%- for name, type in types.items() -%}
        {%- do fields.append(name ~ ': ' ~ type.replace('varchar', 'string')) -%}
    {%- endfor -%}
    inline(from_json(
        {{ column }},
        'array<struct<{{ fields | join(', ') }}>>',
        map('mode', '{{ 'FAILFAST' if is_strict else 'PERMISSIVE' }}')
    ))
{%- endmacro -%}
