{#
    The value of a feature in words for a reason; null where it is unknown, so that no text is
    composed of it. A share is in per cent, a response yes or no, anything else a number: whole from
    ten up, with a decimal from one, else with two digits that count, and no needless zero.

    discounted_share, 0.25  ->  25 %      overdue_ratio, 2.25  ->  2.3      categories, 4.0  ->  4
    responded_1, 1           ->  yes       order_rate, 0.02     ->  0.02
#}
{%- macro feature_value_text(feature, value) -%}
    case
        when {{ value }} is null or isnan({{ value }}) then null
        when {{ feature }} like '%share' or {{ feature }} = 'response_rate'
            then case when {{ value }} = 0 then '0 %' else {{ percent_text(value) }} end
        when {{ feature }} like 'responded_%'
            then case when {{ value }} > 0 then {{ text('yes') }} else {{ text('no') }} end
        else {{ number_text(value) }}
    end
{%- endmacro -%}
