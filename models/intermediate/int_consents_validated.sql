{{ validate_input('consents') }}
