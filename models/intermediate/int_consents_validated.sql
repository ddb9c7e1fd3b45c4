{{ config(schema='private') }} -- e-mails and phones stand in this schema only
{{ validate_input('consents') }}
