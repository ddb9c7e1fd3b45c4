-- The preview of a list as it is defined is the list; of one that a red alert stops,
-- the list that it would be.
select
    previews.list_name,
    previews.members,
    catalog.members as members_of_list
from {{ ref('list_catalog') }} as catalog
left join {{ ref('list_previews') }} as previews
    on catalog.list_name = previews.list_name
    and previews.is_as_defined
where previews.list_name is null
    or previews.control_and_holdout <> catalog.control + catalog.holdout
    or (
        coalesce(catalog.stop_reason, '') not like 'red alert: %'
        and (
            previews.members <> catalog.members
            or previews.expected_value <> catalog.expected_value
        )
    )
