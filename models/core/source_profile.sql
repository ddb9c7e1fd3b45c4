-- An adding run reads the files that are new or have changed.
{{ config(
    materialized='incremental',
    incremental_strategy='changed_files'
) }}
with

texts as (

    {{ profile_files(changed_files() if is_incremental() else none) }}

),

cast_texts as (

    select
        *,
        try_cast(replace(text, ',', '.') as decimal(28, 6)) as number,
        -- Contacts, columns nobody asked for and keys of the erased stay in their file.
        case
            when is_read
                and not is_personal
                and not {{ is_contact('text') }}
                and not {{ is_contact_hash('text') }}
                {%- if has_erasures() %}
                and not (is_key and {{ is_erased(keys=[customer_key('text')]) }})
                {%- endif %}
                then left(text, 100)
        end as shown
    from texts

),

profiled as (

    select
        input,
        source_file as file,
        column_number,
        column_name,
        is_read,
        case
            when count(text) = 0 then 'empty'
            when count(text) = count(*) filter (where number % 1 = 0)
                then 'whole number'
            when count(text) = count(number) then 'number'
            when count(text) = count(try_cast(text as timestamp)) then 'date'
            else 'text'
        end as type,
        cast(sum(occurrences) as bigint) as row_count,
        cast(coalesce(sum(occurrences) filter (where text is null), 0) as bigint)
            as null_count,
        count(text) as distinct_count,
        count(text) = count(number) as is_number,
        min_by(shown, number) as smallest,
        max_by(shown, number) as largest,
        min(shown) as first_text,
        max(shown) as last_text,
        max_by(shown, (occurrences, shown)) filter (where shown is not null)
            as most_common
    from cast_texts
    group by input, source_file, column_number, column_name, is_read

)

select
    file,
    input,
    -- The dialect has no column of this name, the engines do.
    column_name as column, -- noqa: PRS
    type,
    case when is_number then smallest else first_text end as minimum,
    case when is_number then largest else last_text end as maximum,
    most_common,
    column_number,
    row_count as rows,
    null_count as nulls,
    distinct_count as distinct,
    is_read,
    row_count > 1 and distinct_count = 1 and null_count = 0 as is_constant
from profiled
