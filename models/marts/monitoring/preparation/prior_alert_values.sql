-- Lists of whose customers another share orders without a message than the seed list_priors
-- assumes, by more than chance. What was measured is used.
with

baselines as (

    select * from {{ ref('list_baselines') }}
    where metric = 'purchase'
        and baseline_customers > 0

),

priors as (

    select * from {{ ref('list_priors') }}

),

compared as (

    select
        baselines.list_name,
        baselines.baseline_basis,
        baselines.baseline_mean,
        cast(priors.baseline_probability as double) as assumed,
        abs(baselines.baseline_mean - cast(priors.baseline_probability as double))
        / sqrt(baselines.baseline_variance / baselines.baseline_customers) as errors
    from baselines
    inner join priors
        on baselines.list_name = priors.list_name
    where baselines.baseline_variance > 0

)

select
    'assumed baseline' as check_name,
    list_name as subject,
    cast(null as string) as source_mart,
    list_name,
    {{ text(
        'without a message {measured} of the customers of {list} order ({basis}), and '
        ~ 'not {assumed} as was assumed',
        measured=percent_text('baseline_mean'),
        assumed=percent_text('assumed'),
        basis='baseline_basis',
        list=label('list_name', 'list_name')
    ) }} as finding,
    errors as value,
    true as is_significant,
    true as is_harmless
from compared
