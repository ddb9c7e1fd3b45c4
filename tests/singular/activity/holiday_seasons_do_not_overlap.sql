-- An order in two seasons would count twice.
select
    earlier.season,
    later.season as other_season
from {{ ref('holiday_seasons') }} as earlier
inner join {{ ref('holiday_seasons') }} as later
    on earlier.first_month_day < later.first_month_day
        and earlier.last_month_day >= later.first_month_day
