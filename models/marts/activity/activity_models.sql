with

models as (

    select * from {{ ref('classifier_models') }}

)

select
    population as known_from,
    model,
    data_hash,
    metadata,
    as_of_date as fitted_as_of_date
from models
