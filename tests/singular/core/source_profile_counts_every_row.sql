-- Each column of a raw file is profiled over all of its rows, which are those
-- that the ledgers account for; what an adapter takes from a seed has no raw file.
with

profiles as (

    select * from {{ ref('source_profile') }}

),

-- A row of a file may feed several inputs.
ledgers as (

    select
        source_file,
        source_row
    from {{ ref('order_line_ledger') }}
    where {{ untested('source_file') or 'true' }}

    union distinct

    select
        source_file,
        source_row
    from {{ ref('input_ledger') }}
    where {{ untested('source_file') or 'true' }}

),

files as (

    select
        source_file,
        count(*) as row_count
    from ledgers
    where source_file not like 'seeds/%'
    group by source_file

)

select
    files.*,
    profiles.*
from files
left join profiles
    on files.source_file = profiles.file
where profiles.rows is distinct from files.row_count
