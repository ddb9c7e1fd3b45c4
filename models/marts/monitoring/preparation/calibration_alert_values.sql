with

performance as (

    select * from {{ ref('performance_newest') }}

),

calibration as (

    select
        calibration.model,
        calibration.data_basis,
        calibration.scored_date,
        count(*) filter (where not calibration.is_within_band) as deciles
    from {{ ref('model_calibration') }} as calibration
    inner join performance
        on calibration.model = performance.model
        and calibration.data_basis = performance.data_basis
        and calibration.campaign_id = performance.campaign_id
        and calibration.scored_date = performance.scored_date
    group by calibration.model, calibration.data_basis, calibration.scored_date

)

select
    'calibration' as check_name,
    model || ': ' || data_basis as subject,
    model as source_mart,
    cast(null as string) as list_name,
    {{ text(
        'of the scores of {model} ({data_basis}) of {date} {deciles} deciles '
        ~ 'came otherwise than predicted',
        model=label('source_mart', 'model'),
        data_basis=label('data_basis', 'data_basis'),
        date='cast(scored_date as string)',
        deciles='deciles'
    ) }} as finding,
    cast(deciles as double) as value,
    true as is_significant,
    false as is_harmless
from calibration
