{{ validate_input('campaigns', key=['campaign_id']) }}
