{{ stage_one_click('market_time', words=['period'], values={'minutes': 'quantity'}) }}
