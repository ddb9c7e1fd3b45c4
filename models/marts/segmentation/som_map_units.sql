with

units as (

    select * from {{ ref('ml_som_map_units') }}

)

select
    method,
    feature,
    cast(k as bigint) as k,
    cast(unit as bigint) as unit,
    cast(unit_row as bigint) as unit_row,
    cast(unit_column as bigint) as unit_column,
    cast(cluster as bigint) as cluster,
    cast(weight as double) as weight,
    cast(hits as bigint) as hits,
    cast(neighbour_distance as double) as neighbour_distance
from units
