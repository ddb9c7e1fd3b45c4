{#
    The scores of a model with its reasons in words (typical_text), from the CTEs scores and
    words (feature, phrase).

    score_reasons('customer_id')

    customer_id  model                probability  reason_1
    C1           logistic_regression          0.4  pages a visit 3.2, usually 5.7
#}
{%- macro score_reasons(key) -%}
    select
        scores.{{ key }},
        scores.model,
        {%- for place in [1, 2, 3] %}
        {{ typical_text('words_' ~ place, place) }} as reason_{{ place }},
        {%- endfor %}
        {{ null_if_nan('scores.probability') }} as probability
    from scores
    {%- for place in [1, 2, 3] %}
    left join words as words_{{ place }}
        on scores.feature_{{ place }} = words_{{ place }}.feature
    {%- endfor %}
{%- endmacro -%}
