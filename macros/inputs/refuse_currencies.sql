{#
    A hook that stops the run where order lines are in several currencies, none is that
    of four orders in five, and dataset.yml does not say which is the dataset's: sums of
    different currencies mean nothing.

    {{ config(post_hook="{{ refuse_currencies() }}") }}
#}
{%- macro refuse_currencies() -%}
    {%- set stated = describe_inputs()['settings'].get('currency') if execute else '' -%}
    select
        error(
            'order lines are in several currencies (' || string_agg(currency, ', ' order by orders desc)
            || ') and none is that of four orders in five; set currency in dataset.yml, and lines '
            || 'in others are rejected to the ledger'
        )
    from (
        select
            upper(currency) as currency,
            count(distinct order_id) as orders
        from {{ this }}
        where currency is not null
        group by upper(currency)
    )
    having max(orders) < 0.8 * sum(orders)
        and {{ string_literal(stated or '') }} = ''
{%- endmacro -%}
