with

models as (

    select * from {{ ref('classifier_models') }}

)

select
    data_basis,
    model,
    data_hash,
    metadata,
    as_of_date as fitted_as_of_date
from models
