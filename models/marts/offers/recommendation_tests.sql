-- What each method would have offered when the test period began, and whether
-- the customer then bought it.
with

all_methods as (

    select known.method
    from (values
        ('rules'), ('rules_then_segment'), ('cosine'), ('segment'), ('popularity')
    ) as known (method)

),

{{ score_offers('evaluation', 'all_methods') }},

bought_later as (

    select distinct
        lines.customer_id,
        lines.product_id
    from {{ ref('fct_order_lines') }} as lines
    inner join customers
        on lines.customer_id = customers.customer_id
    cross join periods
    where lines.is_bought
        and {{ epoch_seconds('lines.ordered_at') }} > periods.validation_until_seconds

),

-- What could have been offered and was bought: without what was withheld.
wanted as (

    select
        bought_later.customer_id,
        bought_later.product_id
    from bought_later
    inner join products
        on bought_later.product_id = products.product_id
        and products.is_offered
    left join withheld
        on bought_later.customer_id = withheld.customer_id
        and bought_later.product_id = withheld.product_id
    where withheld.product_id is null

),

wanted_counts as (

    select
        customer_id,
        count(*) as wanted
    from wanted
    group by customer_id

),

tried as (

    select
        all_methods.method,
        wanted_counts.customer_id,
        wanted_counts.wanted,
        offers.product_id,
        offers.place,
        wanted.product_id is not null as is_hit
    from wanted_counts
    cross join all_methods
    left join offers
        on wanted_counts.customer_id = offers.customer_id
        and all_methods.method = offers.method
        and offers.place <= 10
    left join wanted
        on offers.customer_id = wanted.customer_id
        and offers.product_id = wanted.product_id

)

select
    method,
    customer_id,
    product_id,
    cast(coalesce(place, 0) as bigint) as place,
    wanted,
    is_hit
from tried
