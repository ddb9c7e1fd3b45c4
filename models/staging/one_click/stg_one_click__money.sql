{{ stage_one_click('money', words=[], values={'profit': 'money'}) }}
