{{ stage_input('erasures') }}
