-- What each code is called, in the language of the run and in either. A feature is
-- called by the phrase that reasons use.
with

codes as (

    select * from {{ ref('code_labels') }}

),

features as (

    select * from {{ ref('feature_words') }}

),

gathered as (

    select
        kind,
        code,
        en,
        ru
    from codes

    union all

    select
        'feature' as kind,
        feature as code,
        phrase as en,
        phrase_ru as ru
    from features

)

select
    kind,
    code,
    {{ language() }} as label,
    en,
    ru
from gathered
