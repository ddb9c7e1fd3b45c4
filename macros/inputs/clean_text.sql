{#
    A text of a raw file without the blanks around it; null where nothing is
    left, or only what the dataset writes for missing values (`missing` in
    dataset.yml).

    clean_text('city', settings)   ' Leeds '  ->  'Leeds'    '\N'  ->  null
#}
{%- macro clean_text(column, settings) -%}
    nullif(
        nullif(
            trim({{ column }}, ' ' || chr(9) || chr(10) || chr(13) || chr(160)), ''
        ),
        {{ string_literal(settings.get('missing', '')) }}
    )
{%- endmacro -%}
