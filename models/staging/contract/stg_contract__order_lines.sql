{{ stage_input('order_lines') }}
