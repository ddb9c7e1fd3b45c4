{#
    Fails for rows that share their values in all of `columns`, and for rows
    that lack one of them: together the columns are the key of the model.

    data_tests:
      - unique_combination:
          arguments: {columns: [basis, customer_id]}

    basis   customer_id
    placed  C1
    placed  C1            <- fails
    bought                <- fails
#}
{% test unique_combination(model, columns) %}

select
    {{ columns | join(', ') }},
    count(*) as row_count
from {{ model }}
group by {{ columns | join(', ') }}
having count(*) > 1
    {%- for column in columns %}
    or {{ column }} is null
    {%- endfor %}

{% endtest %}
