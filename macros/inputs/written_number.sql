{#
    A number as people write it, as SQL reads it; null where it is none. The fast
    ways of cast_text come first: this is for what they do not know.

    Blanks, apostrophes and a second mark part thousands; the mark that comes last
    parts decimals. One mark alone with three digits behind it is ambiguous (2,000
    is 2 or 2000): it parts decimals where it is the decimal mark of dataset.yml,
    thousands where it is `thousands` there, and else the text is no number. With
    fewer or more digits behind it, it can only part decimals. Money
    may have a sign or a code of a currency; parentheses and a minus behind it take
    it below zero.

    written_number('unit_price', settings, is_money=true)
    $1,234.56    1234.56
    1.234,56     1234.56
    (12.00)      -12.00
    1 pcs
#}
{%- macro written_number(text, settings, is_money=false) -%}
    {%- set currency = '(?:[A-Z]{3}|US[$]|[€$£¥₽₴₸₺₹₩]|руб[.]?|р[.])?' if is_money else '' -%}
    {%- set minus = '[-' ~ '−' ~ ']' -%}
    {#- Blanks and apostrophes part thousands, and nothing else: a phone is no number. -#}
    {%- set amount = "([0-9]{1,3}(?:[ ''][0-9]{3})+(?:[.,][0-9]+)?|[0-9][0-9.,]*|[.,][0-9]+)" -%}
    {%- set sign = '(?:' ~ minus ~ '|[+])?' -%}
    {%- set whole = '^[(]?' ~ sign ~ ' ?' ~ currency ~ ' ?' ~ sign ~ ' ?' ~ amount
        ~ ' ?' ~ currency ~ ' ?' ~ minus ~ '?[)]?$' -%}
    {%- set below_zero = '^[(]|^' ~ minus ~ '|' ~ minus ~ '[)]?$|^' ~ currency ~ minus -%}
    {%- set decimal = settings.get('decimal', '.') -%}
    {%- set other = ',' if decimal == '.' else '.' -%}
    list_transform(
        [translate(
            {{ text }}, '’`' || chr(160) || chr(8201) || chr(8239), chr(39) || chr(39) || '   '
        )],
        lambda bare: list_transform(
            [regexp_replace(regexp_extract(bare, '{{ whole }}', 1), '[ '']', '', 'g')],
            lambda amount:
                case when regexp_matches(bare, '{{ below_zero }}') then '-' else '' end
                || case
                    when regexp_matches(amount, '^[0-9]{1,3}(,[0-9]{3})+[.][0-9]+$')
                        or regexp_matches(amount, '^[0-9]{1,3}(,[0-9]{3}){2,}$')
                        then replace(amount, ',', '')
                    when regexp_matches(amount, '^[0-9]{1,3}([.][0-9]{3})+,[0-9]+$')
                        or regexp_matches(amount, '^[0-9]{1,3}([.][0-9]{3}){2,}$')
                        then replace(replace(amount, '.', ''), ',', '.')
                    when regexp_matches(amount, '^[0-9]*[{{ decimal }}]?[0-9]+$')
                        then replace(amount, '{{ decimal }}', '.')
                    when regexp_matches(amount, '^[0-9]*[{{ other }}]([0-9]{1,2}|[0-9]{4,})$')
                        then replace(amount, '{{ other }}', '.')
                    {%- if settings.get('thousands') == other %}
                    when regexp_matches(amount, '^[0-9]{1,3}[{{ other }}][0-9]{3}$')
                        then replace(amount, '{{ other }}', '')
                    {%- endif %}
                end
        )[1]
    )[1]
{%- endmacro -%}
