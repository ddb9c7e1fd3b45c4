{{ config(schema='private') }} -- e-mails and phones stand in this schema only
{{ stage_input('suppressions') }}
