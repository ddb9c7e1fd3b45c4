-- What a customer had bought, as known at two moments: when the tested period
-- begins, so that recommendations can be tried on it, and now.
with

periods as (

    select * from {{ ref('basket_periods') }}

),

moments as (

    select
        'tested' as moment,
        confirmed_until_seconds as until_seconds
    from periods
    where is_split

    union all

    select
        'current' as moment,
        tested_until_seconds as until_seconds
    from periods

),

lines as (

    select
        customer_id,
        product_id,
        {{ epoch_seconds('ordered_at') }} as ordered_seconds
    from {{ ref('fct_order_lines') }}
    where is_bought
        and customer_id is not null

),

purchases as (

    select
        customer_id,
        product_id,
        ordered_seconds
    from lines
    group by customer_id, product_id, ordered_seconds

),

-- Both moments in one pass: a join by times alone would sort all that was bought.
bought as (

    select
        purchases.customer_id,
        purchases.product_id,
        {%- for moment, until in [
            ('tested', 'confirmed_until_seconds'), ('current', 'tested_until_seconds'),
        ] %}
        count(*) filter (where purchases.ordered_seconds <= periods.{{ until }})
            as {{ moment }}_purchases,
        max(purchases.ordered_seconds)
            filter (where purchases.ordered_seconds <= periods.{{ until }})
            as {{ moment }}_seconds{{ ',' if not loop.last }}
        {%- endfor %}
    from purchases
    cross join periods
    group by purchases.customer_id, purchases.product_id

),

known as (

    select
        moments.moment,
        moments.until_seconds,
        bought.customer_id,
        bought.product_id,
        {%- for measure in ['purchases', 'seconds'] %}
        case when moments.moment = 'tested' then bought.tested_{{ measure }}
            else bought.current_{{ measure }} end as {{ measure }}{{ ',' if not loop.last }}
        {%- endfor %}
    from bought
    cross join moments

)

select
    moment,
    customer_id,
    product_id,
    purchases,
    cast(floor((until_seconds - seconds) / 86400) as bigint) as days_ago
from known
where purchases > 0
