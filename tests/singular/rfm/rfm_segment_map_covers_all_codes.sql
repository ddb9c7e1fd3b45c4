-- The map is a partition: each of the 125 codes is matched once, and each of
-- the eleven segments is reached.
with

scores as (

    select scores.score
    from (values (1), (2), (3), (4), (5)) as scores (score)

),

codes as (

    select 100 * r.score + 10 * f.score + m.score as rfm_code
    from scores as r
    cross join scores as f
    cross join scores as m

),

segments as (

    select segments.segment
    from (
        values
        ('Champions'),
        ('Loyal'),
        ('Potential Loyalist'),
        ('New'),
        ('Promising'),
        ('Need Attention'),
        ('About To Sleep'),
        ('At Risk'),
        ('Cannot Lose Them'),
        ('Hibernating'),
        ('Lost')
    ) as segments (segment)

),

segment_map as (

    select * from {{ ref('rfm_segment_map') }}

),

code_matches as (

    select
        coalesce(codes.rfm_code, segment_map.rfm_code) as rfm_code,
        count(codes.rfm_code) as codes,
        count(segment_map.segment) as segments
    from codes
    full join segment_map
        on codes.rfm_code = segment_map.rfm_code
    group by all

)

select 'code ' || cast(rfm_code as string) as fault
from code_matches
where codes <> 1
    or segments <> 1

union all

select 'segment ' || coalesce(segments.segment, segment_map.segment) as fault
from segments
full join segment_map
    on segments.segment = segment_map.segment
where segments.segment is null
    or segment_map.segment is null
