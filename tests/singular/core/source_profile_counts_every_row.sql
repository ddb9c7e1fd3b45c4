-- Each column of a raw file is profiled over all of its rows, which are those
-- that the ledgers account for; what an adapter takes from a seed has no raw file.
with

profiles as (

    select * from {{ ref('source_profile') }}

),

input_rows as (

    select
        source_file,
        source_row
    from {{ ref('input_ledger') }}
    where {{ changed_since_test('source_file') or 'true' }}

),

input_files as (

    select distinct source_file from input_rows

),

-- A row of a file may feed several inputs: only then are rows compared.
shared_rows as (

    select * from input_rows

    union distinct

    select
        source_file,
        source_row
    from {{ ref('order_line_ledger') }}
    where {{ changed_since_test('source_file') or 'true' }}
        and source_file in (select input_files.source_file from input_files)

),

files as (

    select
        source_file,
        count(*) as row_count
    from shared_rows
    where source_file not like 'seeds/%'
    group by source_file

    union all

    select
        source_file,
        count(*) as row_count
    from {{ ref('order_line_ledger') }}
    where {{ changed_since_test('source_file') or 'true' }}
        and source_file not in (select input_files.source_file from input_files)
        and source_file not like 'seeds/%'
    group by source_file

)

select
    files.*,
    profiles.*
from files
left join profiles
    on files.source_file = profiles.file
where profiles.rows is distinct from files.row_count
