{{ stage_input('customers') }}
