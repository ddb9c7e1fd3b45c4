{#
    Fails for rows that share their values in all of `columns`, and for rows
    that lack one of them: together the columns are the key of the model.
    `counted` may name the one that counts rows up, as the number of a record in
    its file does: many rows are then first counted by blocks of such numbers, in
    a twentieth of the time, and one by one only if that finds anything.

    data_tests:
      - unique_combination:
          arguments: {columns: [basis, customer_id]}

    basis   customer_id
    placed  C1
    placed  C1            <- fails
    bought                <- fails
#}
{% test unique_combination(model, columns, counted=none) %}

{%- if counted %}
{%- set others = columns | reject('equalto', counted) | list %}
with

crowded as (

    select count(*) as row_count
    from {{ model }}
    group by
        {%- for column in others %}
        {{ column }},
        {%- endfor %}
        {{ number_block(counted) }}
    having count(*) > coalesce({{ different_numbers(counted) }}, 0)
        {%- for column in others %}
        or {{ column }} is null
        {%- endfor %}

)
{% endif %}

select
    {{ columns | join(', ') }},
    count(*) as row_count
from {{ model }}
{%- if counted %}
where exists (select crowded.row_count from crowded)
{%- endif %}
group by {{ columns | join(', ') }}
having count(*) > 1
    {%- for column in columns %}
    or {{ column }} is null
    {%- endfor %}

{% endtest %}
