{#
    CTEs that give each customer of a list one of the products that would suit, so that none goes
    to too many: a product is kept for the first who want it, and each customer takes the best that
    is kept for them; for whom none is, gets none. `spread` is the last of them.

    {{ spread_products('wishes') }}

    wishes  list_name  customer_id  product_id  place  turn  most
            win_back   C1           A           1      1     1
            win_back   C2           A           1      2     1      place: 1 is the customer's best
            win_back   C2           B           2      2     1      turn: who comes first
                                                                    most: customers of one product
    spread  win_back   C1           A           1      1     1
            win_back   C2           B           2      2     1
#}
{%- macro spread_products(wishes) -%}
kept as (

    select *
    from {{ wishes }}
    qualify row_number() over (
        partition by list_name, product_id order by place, turn, customer_id
    ) <= most

),

spread as (

    select *
    from kept
    qualify row_number() over (
        partition by list_name, customer_id order by place
    ) = 1

)
{%- endmacro -%}
