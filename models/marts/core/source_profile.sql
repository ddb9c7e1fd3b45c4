with

texts as (

    {{ profile_files() }}

),

shown_texts as (

    select
        *,
        -- Contacts and columns nobody asked for stay in their file.
        case
            when is_read
                and lower(column_name) not in ('email', 'phone')
                and strpos(text, '@') = 0
                and text not like '+%'
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
        case
            when count(text) = 0 then 'empty'
            when bool_and(try_cast(text as bigint) is not null)
                filter (where text is not null) then 'whole number'
            when bool_and(try_cast(replace(text, ',', '.') as decimal(28, 6)) is not null)
                filter (where text is not null) then 'number'
            when bool_and(try_cast(text as timestamp) is not null)
                filter (where text is not null) then 'date'
            else 'text'
        end as type,
        cast(sum(occurrences) as bigint) as row_count,
        cast(coalesce(sum(occurrences) filter (where text is null), 0) as bigint)
            as null_count,
        count(distinct text) as distinct_count,
        min(shown) as minimum,
        max(shown) as maximum,
        max_by(shown, (occurrences, shown)) filter (where shown is not null)
            as most_common,
        is_read
    from shown_texts
    group by input, source_file, column_number, column_name, is_read

)

select
    file,
    input,
    column_name as column,
    type,
    column_number,
    row_count as rows,
    null_count as nulls,
    distinct_count as distinct,
    minimum,
    maximum,
    most_common,
    is_read
from profiled
