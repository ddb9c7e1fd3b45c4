with

service_codes as (

    select * from {{ ref('service_codes') }}
    where adapter = '{{ dataset_adapter() }}'

),

products as (

    select distinct product_id
    from {{ order_lines_to_validate() }}

)

select
    products.product_id,
    min({{ worded('service_codes.service') }}) as service,
    bool_or(service_codes.is_money_off) as is_money_off
from products
inner join service_codes
    on products.product_id like service_codes.code_pattern
group by products.product_id
