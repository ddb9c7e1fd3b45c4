{{ validate_input('products', key=['product_id']) }}
