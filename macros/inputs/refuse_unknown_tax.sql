{#
    A hook that stops the run where amounts are to be net or gross of tax (the var
    tax_basis) and no file says what the tax is, or the var says something else.

    {{ config(post_hook="{{ refuse_unknown_tax() }}") }}
#}
{%- macro refuse_unknown_tax() -%}
    {%- set basis = var('tax_basis') -%}
    {%- set described = describe_inputs() if execute else {'files': []} -%}
    {%- set extras = extra_columns('order_lines', described) -%}
    {%- if basis not in ['as written', 'net', 'gross'] -%}
    select error(
        'the var tax_basis may be as written, net or gross, not '
        || {{ string_literal(basis) }}
    )
    {%- elif basis != 'as written' and not ('order_tax' in extras or 'line_tax' in extras)
        and has_input('order_lines') -%}
    select error(
        'the var tax_basis is ' || {{ string_literal(basis) }} || ', and no file of order lines '
        || 'has the column order_tax or line_tax; map it in dataset.yml, or set tax_basis to '
        || 'as written'
    )
    {%- else -%}
    select 1 where false
    {%- endif -%}
{%- endmacro -%}
