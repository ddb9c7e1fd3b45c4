{{ judge_input('erasures') }}
