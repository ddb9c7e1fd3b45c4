{#
    Fails for rows of which a boolean expression is not true; one that is null
    is not true either.

    data_tests:
      - expression_is_true:
          arguments: {expression: returned_quantity <= quantity}

    quantity  returned_quantity
    2         1
    2         3                  <- fails
    2                            <- fails
#}
{% test expression_is_true(model, expression) %}

select *
from {{ model }}
where ({{ expression }}) is not true

{% endtest %}
