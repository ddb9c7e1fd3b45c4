{{ judge_input('suppressions') }}
