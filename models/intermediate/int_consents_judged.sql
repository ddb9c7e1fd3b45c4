{{ judge_input('consents') }}
