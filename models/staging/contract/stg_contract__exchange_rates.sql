{{ stage_input('exchange_rates') }}
