{#
    Whether a part of a text matches a regular expression.

    matches_pattern('postcode', '^[0-9]+$')  ->  regexp_matches(postcode, '^[0-9]+$')
#}
{%- macro matches_pattern(text, pattern) -%}
    {{- adapter.dispatch('matches_pattern', 'targeted_lists')(text, pattern) -}}
{%- endmacro -%}


{%- macro default__matches_pattern(text, pattern) -%}
    regexp_matches({{ text }}, '{{ pattern }}')
{%- endmacro -%}


{#  Spark reads backslashes in other literals than raw ones.  #}
{%- macro spark__matches_pattern(text, pattern) -%}
    regexp_like({{ text }}, r'{{ pattern }}')
{%- endmacro -%}
