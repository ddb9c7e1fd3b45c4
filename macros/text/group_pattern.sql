{#
    How a group differs from the others, in a sentence: the levels with their unit, or the
    direction where the medians are equal. For a row of customer_group_tests.

    tenure, 409 against 300       ->  Loyal: tenure with a median of 409 days against 300 of the others
    education PhD, 0.4 and 0.2    ->  Loyal: education PhD in 40 % against 20 % of the others
#}
{%- macro group_pattern() -%}
    {%- set trait = "replace(" ~ label('characteristic', 'characteristic') ~ ", '_', ' ')" -%}
    case
        -- With many zeros the medians are equal and say nothing.
        when member is null and group_level = other_level and effect_size > 0 then {{ text(
            '{group}: {trait} tends to be higher than among the others, with the same median',
            group='group_name',
            trait=trait
        ) }}
        when member is null and group_level = other_level then {{ text(
            '{group}: {trait} tends to be lower than among the others, with the same median',
            group='group_name',
            trait=trait
        ) }}
        when characteristic in ('deal_share', 'response_rate') then {{ text(
            '{group}: {trait} with a median of {level} % against {other_level} % of the others',
            group='group_name',
            trait=trait,
            level=rounded_text('100 * group_level'),
            other_level=rounded_text('100 * other_level')
        ) }}
        when characteristic = 'tenure' then {{ text(
            '{group}: {trait} with a median of {level} against {other_level} '
            ~ 'of the others',
            group='group_name',
            trait=trait,
            level=counted(rounded_text('group_level'), 'day|days'),
            other_level=rounded_text('other_level')
        ) }}
        when characteristic = 'age' then {{ text(
            '{group}: {trait} with a median of {level} years against {other_level} '
            ~ 'of the others',
            group='group_name',
            trait=trait,
            level=rounded_text('group_level'),
            other_level=rounded_text('other_level')
        ) }}
        when member is null then {{ text(
            '{group}: {trait} with a median of {level} against {other_level} of the others',
            group='group_name',
            trait=trait,
            level=rounded_text('group_level'),
            other_level=rounded_text('other_level')
        ) }}
        else {{ text(
            '{group}: {trait} {member} in {share} % against {other_share} % of the others',
            group='group_name',
            trait=trait,
            member=label('member', 'member'),
            share=rounded_text('100 * group_level'),
            other_share=rounded_text('100 * other_level')
        ) }}
    end
{%- endmacro -%}
