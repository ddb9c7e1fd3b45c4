{{ stage_one_click(
    'market_file',
    words=['activity', 'service_tier', 'permission', 'favourite_category'],
    values={
        'marketing_contacts_per_month': 'quantity',
        'marketing_contacts': 'integer',
        'tenure_days': 'integer',
        'promo_share': 'share',
        'categories_per_visit': 'quantity',
        'unpaid_items': 'integer',
        'service_errors': 'integer',
        'pages_per_visit': 'quantity',
    },
) }}
