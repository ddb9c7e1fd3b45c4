{#
    The segment of a customer by the guards of rfm_guarded_segments: the first
    in the chain, starting with the code's segment, whose guard the customer's
    own figures meet. A first order whose day is unknown is as old as the last
    one at least.

    guarded_segment('guards', orders='frequency', first_order_days='tenure_days',
        recency_days='recency_days')

    rfm_code  frequency  tenure_days  recency_days  ->  segment
    511       1          40           40                New
    511       1          474          474               Hibernating
    155       1          400          400               Hibernating
    155       9          800          400               Cannot Lose Them
#}
{%- macro guarded_segment(guards, orders, first_order_days, recency_days) -%}
    case
    {%- for step in guard_steps() %}
        when {{ orders }} >= {{ guards }}.minimum_orders_{{ step }}
            and coalesce({{ first_order_days }}, {{ recency_days }})
                <= {{ guards }}.first_order_within_days_{{ step }}
            and {{ recency_days }} >= {{ guards }}.silent_at_least_days_{{ step }}
            and {{ recency_days }} <= {{ guards }}.silent_at_most_days_{{ step }}
            then {{ guards }}.segment_{{ step }}
    {%- endfor %}
    end
{%- endmacro -%}


{#  The segments of a chain: its own and as many to fall back to as a chain may have.  #}
{%- macro guard_steps() -%}
    {{- return([1, 2, 3, 4, 5, 6]) -}}
{%- endmacro -%}
