{{ stage_one_click('market_money', words=['period'], values={'revenue': 'money'}) }}
