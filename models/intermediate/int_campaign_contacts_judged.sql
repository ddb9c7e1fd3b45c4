{{ judge_input('campaign_contacts', key=['campaign_id', 'customer_id']) }}
