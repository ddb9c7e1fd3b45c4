{#
    Why there is no figure of lifetime value, in words; null where the code is.

    clv_reason('reason')
    too_few_customers  ->  too few customers to fit a model: it takes 50
#}
{%- macro clv_reason(code) -%}
    case {{ code }}
        when 'history_incomplete' then {{ text(
            'it is not known when the customer first and last '
            ~ 'ordered'
        ) }}
        when 'history_inconsistent' then {{ text(
            'the times of the first and the last order contradict each '
            ~ 'other'
        ) }}
        when 'older_than_files' then {{ text('the files do not hold all orders of the customer') }}
        when 'too_few_customers' then {{ text('too few customers to fit a model: it takes 50') }}
        when 'too_few_repeat_buyers' then {{ text(
            'too few customers who ordered on two days or more: it takes '
            ~ '10'
        ) }}
        when 'no_repeat_orders' then {{ text('nobody has ordered on two days') }}
        when 'all_on_one_day' then {{ text('all orders are of one day') }}
        when 'margin_unknown' then {{ text(
            'the margin of the customer is unknown or not above '
            ~ 'zero'
        ) }}
        when 'margins_not_positive' then {{ text('too few customers have a margin above zero') }}
        when 'not_independent' then {{ text(
            'how much an order brings depends on how often the customer '
            ~ 'orders'
        ) }}
        when 'too_few_margins' then {{ text('too few customers whose margin is known') }}
        when 'margins_alike' then {{ text('the margins of all customers are alike') }}
        when 'no_mean' then {{ text('the mean margin has no bound') }}
        when 'at_border' then {{ text(
            'the orders do not tell all parameters: one runs to its '
            ~ 'border, so there are no standard errors'
        ) }}
        when 'flat_likelihood' then {{ text(
            'the likelihood is flat, so there are no standard '
            ~ 'errors'
        ) }}
        when 'no_year_known' then {{ text(
            'the same weeks of the year before are not in the '
            ~ 'files'
        ) }}
        when 'no_past_cut' then {{ text('there is no past day to learn from') }}
        when 'too_few_to_learn_from' then {{ text(
            'too few customers of a past day, or too few who ordered after '
            ~ 'it, to learn from: it takes 500 and 50'
        ) }}
        when 'not_in_input' then {{ text('the orders of the last year are not known') }}
        when 'not_fitted' then {{ text('not fitted') }}
    end
{%- endmacro -%}
