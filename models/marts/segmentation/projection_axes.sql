with

axes as (

    select * from {{ ref('ml_projection_axes') }}

)

select
    feature,
    cast(axis as bigint) as axis,
    cast(weight as double) as weight,
    cast(explained_share as double) as explained_share
from axes
