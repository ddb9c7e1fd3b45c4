{{ stage_input('consents') }}
