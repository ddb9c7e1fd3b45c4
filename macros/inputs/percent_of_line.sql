{#
    A discount that is written in per cent, in money: so much of the line's quantity times
    its price; null where it is not written so, or more than all of it.

    percent_of_line('discount_found', 'quantity_found', 'unit_price_found', settings)
    10 %, 2, 5.00   ->  1.0000
#}
{%- macro percent_of_line(discount, quantity, price, settings) -%}
    {%- set share = percent_share(discount) -%}
    case
        when {{ discount }} like '%\%' escape '\' and {{ share }} between 0 and 1
            then cast(
                cast({{ share }} as decimal(9, 6))
                * abs(
                    {{ cast_text(quantity, 'quantity', settings) }}
                    * {{ cast_text(price, 'money', settings) }}
                ) as decimal(18, 4)
            )
    end
{%- endmacro -%}


{#  A text such as 10 % or 12,5% as a share; null where it is none.  #}
{%- macro percent_share(text) -%}
    try_cast(
        replace(regexp_extract({{ text }}, '^([0-9]+(?:[.,][0-9]+)?)\s*%$', 1), ',', '.')
        as decimal(12, 6)
    ) / 100
{%- endmacro -%}
