{#
    Whether the dataset records consents. Only an adapter, or the var
    `consents: not_recorded`, can say that it does not: an absent or empty file
    means that nobody consented.
#}
{%- macro are_consents_recorded() -%}
    {{- return(
        var('consents', none) != 'not_recorded'
        and adapter_fact('has_consents')
    ) -}}
{%- endmacro -%}
