{#- An erasure removes whom it names, so of its keys only near misses can be seen. -#}
{%- set has_file = has_erasures() and has_input('erasures') -%}
{%- set kinds = ['key', 'damaged', 'email', 'phone', 'hash', 'text'] -%}
with

compared as (

    select * from {{ ref('customers_compared') }}

),

counted as (

    select
        input,
        count(*) as named_count,
        count(*) filter (where is_unknown or is_near_miss) as unknown_count,
        count(*) filter (where is_near_miss) as near_miss_count
        {%- for kind in kinds %},
        count(*) filter (where is_unknown and not is_near_miss and name_kind = '{{ kind }}')
            as {{ kind }}_count
        {%- endfor %}
    from compared
    group by input

)
{%- if has_file %},

erasures_counted as (

    select
        cast(sum(name_count) as bigint) as named_count
        {%- for kind in kinds %},
        cast(coalesce(sum(name_count) filter (
            where kind = '{{ 'none' if kind == 'text' else kind }}'
                and kind <> 'key'
                and outcome <> 'found'
        ), 0) as bigint) as {{ kind }}_count
        {%- endfor %}
    from {{ erasures_named() }}

)
{%- endif %}

select
    input,
    named_count,
    unknown_count,
    near_miss_count,
    {%- for kind in kinds %}
    {{ kind }}_count{{ ',' if not loop.last }}
    {%- endfor %}
from counted
{%- if has_file %}
where input <> 'erasures'

union all

select
    'erasures' as input,
    erasures_counted.named_count,
    coalesce(counted.near_miss_count, 0)
    {%- for kind in kinds %}
    + erasures_counted.{{ kind }}_count
    {%- endfor %} as unknown_count,
    coalesce(counted.near_miss_count, 0) as near_miss_count,
    {%- for kind in kinds %}
    erasures_counted.{{ kind }}_count{{ ',' if not loop.last }}
    {%- endfor %}
from erasures_counted
left join counted
    on counted.input = 'erasures'
where erasures_counted.named_count > 0
{%- endif %}
