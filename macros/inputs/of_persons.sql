{#
    Rows of earlier runs with the person of today in the place of a key that was one then. Of
    several keys of a person the row of the one that names it counts, else of the smallest.

    of_persons(read_state('customer_clusters', columns, days), ['saved_date', 'method'])

    saved_date  method  customer_id          saved_date  method  customer_id
    2026-06-01  kmeans  C01           ->     2026-06-01  kmeans  C01
    2026-06-01  kmeans  C77
#}
{%- macro of_persons(rows, keys) -%}
    select
        {{ all_but(['customer_id'], 'saved') }},
        saved.customer_id
    from (
        {{ rows }}
    ) as saved
    where saved.customer_id is null
        or saved.customer_id not in (
            select persons.customer_key from {{ ref('int_customer_persons') }} as persons
        )

    union all

    select
        {{ all_but(['customer_id'], 'saved') }},
        persons.customer_id
    from (
        {{ rows }}
    ) as saved
    inner join {{ ref('int_customer_persons') }} as persons
        on saved.customer_id = persons.customer_key
    qualify row_number() over (
        partition by persons.customer_id
            {%- for key in keys %}, saved.{{ key }}{% endfor %}
        order by saved.customer_id <> persons.customer_id, saved.customer_id
    ) = 1
{%- endmacro -%}
