{#
    A reason that a model gives: the feature in words, its value, and the
    typical value. Null where either is unknown, for what is not known explains
    nothing.

    typical_text('words_1', 1)  ->  pages a visit 3.2, usually 5.7
                              ->  gender male, usually female
#}
{%- macro typical_text(words, place) -%}
    coalesce(
        {{ text(
            '{feature} {value}, usually {typical}',
            feature=words ~ '.phrase',
            value=label('known_word', "nullif(scores.word_" ~ place ~ ", 'unknown')"),
            typical=label('known_word', "nullif(scores.typical_word_" ~ place ~ ", 'unknown')")
        ) }},
        {{ text(
            '{feature} {value}, usually {typical}',
            feature=words ~ '.phrase',
            value=feature_value_text('scores.feature_' ~ place, 'scores.value_' ~ place),
            typical=feature_value_text('scores.feature_' ~ place, 'scores.typical_' ~ place)
        ) }}
    )
{%- endmacro -%}
