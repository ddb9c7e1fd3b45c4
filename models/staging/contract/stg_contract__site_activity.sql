{{ stage_input('site_activity') }}
