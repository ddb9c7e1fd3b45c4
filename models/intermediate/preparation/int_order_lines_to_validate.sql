-- What an adding run validates: the new files, and again the orders that they
-- or the moving end of the data may decide otherwise.
{#- While parsing dbt must see the parent. #}
with
{% if is_incremental() or not execute %}
last_plausible as (

    select * from {{ ref('int_last_plausible_time') }}

),

persons as (

    select * from {{ ref('int_customer_persons') }}

),

persons_changed as (

    select * from {{ ref('int_persons_changed') }}
    where run_number > {{ watermark(whole_table().name) or 0 }}

),
{% endif %}
{%- if is_incremental() %}

-- All keys of the persons that a key left or joined.
keys_changed as (

    select customer_key from persons_changed

    union

    select persons.customer_key
    from persons
    inner join persons_changed
        on persons.customer_id in (
            persons_changed.customer_id, persons_changed.previous_customer_id
        )

),

plausible_before as (

    select coalesce(max_by(plausible_until, run_number), 0) as epoch_seconds
    from {{ whole_table().relation_name }}

),

-- Those of the new files and of keys of other persons, and those with a line that was plausible and no longer is,
-- or the other way round.
orders_to_validate as (

    select order_id
    from {{ conformed('order_lines') }}
    where {{ is_of_new_file() }}
        and order_id is not null

    union

    select order_id
    from {{ conformed('order_lines') }}
    where customer_id in (select keys_changed.customer_key from keys_changed)
        and order_id is not null

    union

    select staged.order_id
    from {{ conformed('order_lines') }} as staged
    cross join last_plausible
    cross join plausible_before
    where staged.order_id is not null
        and ({{ epoch_seconds('staged.ordered_at') }} > last_plausible.epoch_seconds)
        <> ({{ epoch_seconds('staged.ordered_at') }} > plausible_before.epoch_seconds)

),
{% endif %}
order_lines as (

    select * from {{ lines_and_refunds() }}
    {%- if is_incremental() %}
    where {{ is_of_new_file() }}
        or order_id in (select orders_to_validate.order_id from orders_to_validate)
    {%- endif %}

)

select * from order_lines
