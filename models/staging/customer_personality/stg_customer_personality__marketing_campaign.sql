-- A row feeds several inputs, so it is validated here, once, and its parts share its fate.
{{ config(post_hook="{{ refuse_unreadable('say in dataset.yml how it is written') }}") }}
with

compared as (

    select * from {{ ref('stg_customer_personality__rows_compared') }}

),

excluded as (

    select
        *,
        case
            when twin_number > 1
                then {{ text(
                    'identical to customer P{twin} but for the id', twin='first_twin'
                ) }}
        end as twin_note,
        case
            when incomes = 0
                then {{ text('income is missing in every row, so it is not asked for') }}
        end as income_note,
        date_part('year', as_of_date) - year_birth as age_years,
        nullif(concat_ws(
            '; ',
            case when income is null and incomes > 0 then {{ text('income is missing') }} end,
            case
                when income >= {{ var('impossible_income') }}
                    then {{ text(
                        'income {income} is not below the var impossible_income',
                        income='income_text'
                    ) }}
            end,
            case
                when age_years not between 0 and {{ var('impossible_age_years') }} - 1
                    then {{ text(
                        'born in {year}, so {age} years old', year='year_birth', age='age_years'
                    ) }}
            end,
            case
                when dt_customer > last_likely_at
                    then {{ text(
                        'dt_customer {date} is more than a year after nearly all others',
                        date='dt_customer_text'
                    ) }}
            end,
            case
                when recency > last_likely_recency
                    then {{ text(
                        'recency {recency} is more than a year above nearly all others',
                        recency='recency'
                    ) }}
            end
        ), '') as exclusion
    from compared

)

select
    source_file,
    source_row,
    'P' || id as customer_id,
    education,
    marital_status,
    year_birth as birth_year,
    income,
    kidhome + teenhome as children,
    recency as recency_days,
    mntwines as wines,
    mntfruits as fruits,
    mntmeatproducts as meat,
    mntfishproducts as fish,
    mntsweetproducts as sweets,
    mntgoldprods as gold,
    numdealspurchases as deal_orders,
    numwebpurchases as web_orders,
    numcatalogpurchases as catalog_orders,
    numstorepurchases as store_orders,
    numwebvisitsmonth as web_visits,
    z_costcontact as contact_cost,
    z_revenue as response_revenue,
    {%- for column in marketing_campaign_columns()['responses'] %}
    {{ column }} as accepted_{{ loop.index }},
    {%- endfor %}
    nullif(
        concat_ws('; ', education_repair, marital_status_repair, income_note, twin_note), ''
    ) as source_note,
    case when exclusion is not null then concat_ws('; ', exclusion, twin_note) end
        as source_exclusion,
    source_fault,
    dt_customer as registered_at,
    as_of_date
from excluded
