{{ stage_input('campaign_contacts') }}
