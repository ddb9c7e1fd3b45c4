{#
    A hook after a model that later runs add to, or that such a model reads: notes up
    to which run its rows are known. It is as new as the oldest of the noted models
    that it was made of, and with `as_of_date` it was built as of that moment.

    model       generation  run_number  as_of_date  fit_code
    fct_orders  3           41          2025-07-01  9f2c…
#}
{%- macro note_built(as_of_date='cast(null as timestamp)') -%}
    {%- if execute and has_plan() -%}
        {%- set parents = [] -%}
        {%- for id in model.depends_on.nodes -%}
            {%- do parents.append(id.split('.')[-1]) -%}
        {%- endfor -%}
        delete from main.increments where model = '{{ this.identifier }}';
        {%- if is_seeing_rows() %}
        insert into main.increments
        select
            '{{ this.identifier }}',
            least(
                any_value(run_plan.generation), coalesce(min(increments.generation), 9999999999)
            ),
            least(
                any_value(run_plan.run_number), coalesce(min(increments.run_number), 9999999999)
            ),
            {{ as_of_date }},
            any_value(run_plan.fit_code)
        from main.run_plan
        left join main.increments
            on increments.model in ('{{ parents | join("', '") }}')
        {%- endif %}
    {%- endif -%}
{%- endmacro -%}
