{{ validate_input('erasures') }}
