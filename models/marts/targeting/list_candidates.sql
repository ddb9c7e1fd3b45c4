-- Every list's candidates with what an order of theirs has brought so far.
with

candidates as (

    {% for list_name in var('lists') -%}
    select
        {{ string_literal(list_name) }} as list_name,
        customer_id,
        product_id,
        reason,
        score
    from {{ ref('candidates_' ~ list_name) }}
    {%- if not loop.last %}

    union all

    {% endif -%}
    {%- endfor %}

),

totals as (

    select * from {{ ref('customer_totals') }}
    where basis = 'bought'

),

margins as (

    select
        customer_id,
        case
            when margin is null then 'assumed'
            -- Of some lines alone the cost is known.
            when margin <> margin_estimate then 'partly assumed'
            else 'recorded'
        end as margin_basis,
        cast({{ ratio('margin_estimate', 'orders') }} as decimal(18, 4)) as mean_margin
    from totals

)

select
    candidates.list_name,
    candidates.customer_id,
    candidates.product_id,
    candidates.reason,
    margins.margin_basis,
    candidates.score,
    margins.mean_margin
from candidates
left join margins
    on candidates.customer_id = margins.customer_id
