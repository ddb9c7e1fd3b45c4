{{ stage_input('campaigns') }}
