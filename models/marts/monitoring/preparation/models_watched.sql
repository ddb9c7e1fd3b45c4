with

models as (

    select
        'activity' as model,
        data_basis,
        model as classifier,
        refit_reason,
        as_of_date
    from {{ ref('ml_activity_models') }}

    union all

    select
        'response' as model,
        data_basis,
        model as classifier,
        refit_reason,
        as_of_date
    from {{ ref('ml_response_models') }}

    union all

    -- Lifetime value is no classifier and has no score of its own.
    select
        'clv' as model,
        'everyone' as data_basis,
        cast(null as string) as classifier,
        refit_reason,
        as_of_date
    from {{ ref('ml_clv_models') }}

)

select
    model,
    data_basis,
    classifier,
    refit_reason,
    -- For a model fitted on an earlier day it was reported then.
    refit_reason <> '' and as_of_date >= {{ as_of_date() }} as is_refitted
from models
