{{ stage_input('refunds') }}
