with

order_lines as (

    select * from {{ ref('stg_order_export__order_lines') }}
    where source_fault is null
        and unit_price >= 0
        and stated_margin_text is not null

),

reckoned as (

    select
        source_file,
        source_row,
        order_id,
        stated_margin_text,
        stated_margin,
        try_cast(
            cast(quantity as decimal(38, 3)) * (unit_price - unit_cost)
            - sign(quantity) * coalesce(discount, 0)
            as decimal(18, 4)
        ) as margin
    from order_lines

),

differing as (

    select
        source_file,
        source_row,
        order_id,
        stated_margin_text,
        stated_margin,
        margin,
        stated_margin - margin as difference
    from reckoned
    where stated_margin is null
        or abs(stated_margin - margin) > 0.01

)

select * from differing
