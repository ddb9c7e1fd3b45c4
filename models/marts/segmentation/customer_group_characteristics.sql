-- What a grouping was made of sets its groups apart whatever the customers are. So does
-- all that shares an ingredient with it: whoever ordered once has no time between the
-- first and the last order, and a share of few lines is more often 0 or 1.
with

ingredients as (

    select * from {{ ref('feature_ingredients') }}

),

characteristics as (

    select distinct characteristic from {{ ref('customer_characteristics') }}

),

groupings as (

    select
        grouping,
        bool_or(is_accepted) as is_accepted
    from {{ ref('customer_group_members') }}
    group by grouping

),

-- Each method chose of which features its clusters are made.
used_features as (

    select
        evaluations.method as grouping,
        choices.feature
    from {{ ref('cluster_evaluations') }} as evaluations
    inner join {{ ref('cluster_feature_choices') }} as choices
        on evaluations.feature_set = choices.feature_set
    where evaluations.is_method_choice
        and choices.is_used

),

grouping_features as (

    select
        groupings.grouping,
        used_features.feature
    from groupings
    inner join used_features
        on groupings.grouping = used_features.grouping

    union all

    select
        'rfm_segment' as grouping,
        made.feature
    from (values ('recency_days'), ('frequency'), ('monetary')) as made (feature)

),

shared as (

    select
        grouping_features.grouping,
        of_characteristics.feature as characteristic,
        min(of_characteristics.ingredient) as shared_ingredient
    from grouping_features
    inner join ingredients as of_groupings
        on grouping_features.feature = of_groupings.feature
    inner join ingredients as of_characteristics
        on of_groupings.ingredient = of_characteristics.ingredient
    group by grouping_features.grouping, of_characteristics.feature

)

select
    groupings.grouping,
    characteristics.characteristic,
    shared.shared_ingredient,
    shared.shared_ingredient is not null as is_by_construction,
    groupings.is_accepted
from groupings
cross join characteristics
left join shared
    on groupings.grouping = shared.grouping
    and characteristics.characteristic = shared.characteristic
