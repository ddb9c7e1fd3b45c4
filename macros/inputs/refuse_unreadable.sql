{#
    A hook that stops the run, in one sentence, where not one row of a model
    can be read: an unknown layout would otherwise give empty tables.

    {{ config(post_hook="{{ refuse_unreadable('say in dataset.yml how it is written') }}") }}
#}
{%- macro refuse_unreadable(fix) -%}
    select
        error(
            'no row of ' || min(source_file) || ' can be read, the first because '
            || min_by(source_fault, (source_file, source_row)) || '; ' || {{ string_literal(fix) }}
        )
    from {{ this }}
    having count(*) > 0
        and count(*) = count(source_fault)
{%- endmacro -%}
