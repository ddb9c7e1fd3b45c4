-- What groups were made by sets them apart whatever the customers are: that is
-- said beside each test, and is no finding.
with

comparisons as (

    select * from {{ ref('group_comparisons') }}

),

names as (

    select distinct
        grouping,
        group_key,
        group_name,
        is_trusted
    from {{ ref('customer_group_members') }}

),

groupings as (

    select
        grouping,
        bool_or(is_trusted) as is_trusted
    from names
    group by grouping

),

choices as (

    select * from {{ ref('cluster_feature_choices') }}
    where is_used

),

made_of as (

    select distinct
        groupings.grouping,
        made.characteristic
    from groupings
    cross join (
        values
        ('age', 'age_years'),
        ('income', 'income'),
        ('tenure', 'tenure_days'),
        ('mean_receipt', 'mean_receipt'),
        ('deal_share', 'discounted_share'),
        ('household', 'children'),
        ('preferred_channel', 'first_channel_share'),
        ('preferred_channel', 'second_channel_share'),
        ('preferred_channel', 'third_channel_share')
    ) as made (characteristic, feature)
    left join choices
        on made.feature = choices.feature
    where case
        -- Orders and spend, of which the segments are made, make the receipt.
        when groupings.grouping = 'rfm_segment' then made.characteristic = 'mean_receipt'
        else choices.feature is not null
    end

)

select
    comparisons.grouping,
    comparisons.characteristic,
    coalesce(nullif(comparisons.group_key, ''), 'all') as group_key,
    coalesce(names.group_name, {{ text('all groups beside each other') }}) as group_name,
    nullif(comparisons.member, '') as member,
    comparisons.test,
    comparisons.effect,
    cast(comparisons.customers as bigint) as customers,
    cast(comparisons.other_customers as bigint) as other_customers,
    {%- for measure in [
        'statistic', 'p_value', 'q_value', 'effect_size', 'group_level', 'other_level',
    ] %}
    {{ null_if_nan('comparisons.' ~ measure) }} as {{ measure }},
    {%- endfor %}
    made_of.characteristic is not null as is_by_construction,
    groupings.is_trusted
from comparisons
inner join groupings
    on comparisons.grouping = groupings.grouping
left join names
    on comparisons.grouping = names.grouping
    and comparisons.group_key = names.group_key
left join made_of
    on comparisons.grouping = made_of.grouping
    and comparisons.characteristic = made_of.characteristic
