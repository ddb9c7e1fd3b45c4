-- One number for one question: as many customers reach a segment as are in it.
with

migrations as (

    select
        basis,
        to_segment as segment,
        sum(customers) as customers
    from {{ ref('rfm_current_migrations') }}
    group by basis, to_segment

),

summaries as (

    select * from {{ ref('rfm_segment_summary') }}
    -- Without a month end a month back there are no moves at all.
    where exists (select 1 from migrations)

)

select
    summaries.basis,
    summaries.segment,
    summaries.customers,
    migrations.customers as migrated
from summaries
full outer join migrations
    on summaries.basis = migrations.basis
    and summaries.segment = migrations.segment
where summaries.customers is distinct from migrations.customers
