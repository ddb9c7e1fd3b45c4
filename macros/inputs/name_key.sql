{#
    A customer key made of the name of a person or a firm: a salted hash of it without
    case and doubled blanks, so that no name leaves the raw files. A number that a
    spreadsheet rounded is nobody.

    name_key('customer_id_found')
    Ivanov Probe    ->  c_5d41…
    IVANOV  Probe   ->  c_5d41…
#}
{%- macro name_key(column) -%}
    case
        when {{ column }} is not null and not {{ is_damaged_key(column) }}
            then 'c_' || md5(
                {{ key_salt() }} || lower(regexp_replace(trim({{ column }}), '\s+', ' ', 'g'))
            )
    end
{%- endmacro -%}
