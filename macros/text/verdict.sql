{#
    The verdict on what one arm did more than another, in words. It uses the
    columns unread_reason (why the comparison is not read), smallest_effect (the
    smallest worth having), largest_effect (the end of the interval that is
    further from 0) and unit.

    verdict('q_value', 'gain')       ->  no effect larger than 2.00 points
    verdict_code('q_value', 'gain')  ->  no_effect
#}
{%- macro verdict(p_value, gain) -%}
    case {{ verdict_code(p_value, gain) }}
        when 'not_read' then unread_reason
        when 'works' then {{ text('works') }}
        when 'harms' then {{ text('harms') }}
        when 'no_effect' then case
            when unit = 'share' then {{ text(
                'no effect larger than {points} points',
                points='cast(cast(100 * largest_effect as decimal(9, 2)) as string)'
            ) }}
            else {{ text(
                'no effect larger than {amount}',
                amount='cast(cast(largest_effect as decimal(18, 2)) as string)'
            ) }}
        end
        else {{ text('underpowered') }}
    end
{%- endmacro -%}


{%- macro verdict_code(p_value, gain) -%}
    case
        when unread_reason is not null then 'not_read'
        when {{ p_value }} < 0.05 and {{ gain }} > 0 then 'works'
        when {{ p_value }} < 0.05 and {{ gain }} < 0 then 'harms'
        when largest_effect <= smallest_effect then 'no_effect'
        else 'underpowered'
    end
{%- endmacro -%}
