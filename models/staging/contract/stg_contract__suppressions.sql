{{ stage_input('suppressions') }}
