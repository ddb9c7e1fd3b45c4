with

models as (

    select * from {{ ref('ml_activity_models') }}

)

select
    data_basis,
    model,
    data_hash,
    metadata,
    as_of_date as fitted_as_of_date
from models
