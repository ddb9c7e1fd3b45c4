{{ judge_input('products', key=['product_id']) }}
