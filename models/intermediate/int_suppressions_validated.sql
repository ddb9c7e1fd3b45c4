{{ validate_input('suppressions') }}
