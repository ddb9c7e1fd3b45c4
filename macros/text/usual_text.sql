{#
    A reason that a model gives: the feature in words, its value, and what is usual.

    usual_text('words_1', 1)  ->  pages a visit 3.2, usually 5.7
                              ->  gender male, usually female
#}
{%- macro usual_text(words, place) -%}
    coalesce(
        {{ text(
            '{feature} {value}, usually {usual}',
            feature=words ~ '.phrase',
            value=label('known_word', 'scores.word_' ~ place),
            usual=label('known_word', 'scores.usual_word_' ~ place)
        ) }},
        {{ text(
            '{feature} {value}, usually {usual}',
            feature=words ~ '.phrase',
            value=rounded_text('scores.value_' ~ place),
            usual=rounded_text('scores.usual_' ~ place)
        ) }}
    )
{%- endmacro -%}
