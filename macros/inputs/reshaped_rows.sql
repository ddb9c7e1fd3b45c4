{#
    The rows of a text file as read_csv gives them, each made one order line, with the columns
    that this adds (targeted_lists/inputs/reshaping.py): the fields of a packed cell, of which
    each line of the order has its own, and the number and the time of a document. Of a
    packed cell nothing is left that stands in its fields. A row that is ragged stays so.

    c0    c1                                       c1  c2   c3  <- name, quantity
    A1    name:Mug|quantity:2;name:Tea|quantity:1      Mug  2
                                                       Tea  1
#}
{%- macro reshaped_rows(reshaped, rows) -%}
    {%- set width, packed, document = reshaped['width'], reshaped['packed'], reshaped['document'] -%}
    {%- set word -%} [\pL\pN_]+: {%- endset -%}
    {%- set is_whole = 'overflow is null and c' ~ (width - 1) ~ ' is not null' -%}
    select
        {%- for place in range(width) %}
        {%- if place == packed %}
        case when not is_unpacked then c{{ place }} else '' end as c{{ place }},
        {%- else %}
        c{{ place }},
        {%- endif %}
        {%- endfor %}
        {%- for name in reshaped['names'] %}
        {%- set begin = string_literal(name ~ ':') %}
        {%- set behind = name | length + 2 %}
        case
            when starts_with(fields[{{ loop.index }}], {{ begin }})
                then substr(fields[{{ loop.index }}], {{ behind }})
            when {{ is_whole }}
                then coalesce(
                    substr(
                        list_filter(fields, lambda field: starts_with(field, {{ begin }}))[1],
                        {{ behind }}
                    ),
                    ''
                )
        end as c{{ width + loop.index0 }},
        {%- endfor %}
        {%- if document is not none %}
        {%- set names = reshaped['names'] | length %}
        case when {{ is_whole }} then stands_for['number'] end as c{{ width + names }},
        case when {{ is_whole }} then stands_for['time'] end as c{{ width + names + 1 }},
        {%- endif %}
        overflow,
        further_overflow
    from (
        select
            * {{- ' exclude (line)' if packed is not none }},
            {%- if packed is not none %}
            string_split(line, chr(2)) as fields,
            {%- endif %}
            {%- if document is not none %}
            regexp_extract(
                c{{ document }},
                '([^\s]*[0-9][^\s]*)\s+(?:от|of|from)\s+([0-9].*)$', ['number', 'time']
            ) as stands_for
            {%- endif %}
        from (
            select
                *
                {%- if packed is not none %},
                regexp_matches(trim(c{{ packed }}), '^{{ word }}') as is_unpacked,
                unnest(
                    string_split(
                        regexp_replace(
                            regexp_replace(
                                case when {{ is_whole }} then trim(c{{ packed }}) else '' end,
                                '[|]({{ word }})', chr(2) || '\1', 'g'
                            ),
                            ';({{ word }})', chr(1) || '\1', 'g'
                        ),
                        chr(1)
                    )
                ) as line
                {%- endif %}
            from {{ rows }}
        )
    )
{%- endmacro -%}
