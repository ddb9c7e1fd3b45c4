{#
    Numbers the run and finds out whether it may add to what earlier runs built
    (targeted_lists/runs/increments.py); where it may not, a sentence says why.
#}
{%- macro plan_run() -%}
    {%- set seeds = {} -%}
    {%- set own = dataset_rows()['checksums'] -%}
    {%- for id in selected_resources if id.startswith('seed.') -%}
        {%- set name = graph.nodes[id].name -%}
        {%- do seeds.update({name: graph.nodes[id].checksum.checksum ~ own.get(name, '')}) -%}
    {%- endfor -%}
    {%- set request = {
        'folder': var('data_dir') ~ '/' ~ var('dataset'),
        'files': describe_inputs()['files'] if flags.WHICH in ('build', 'run') else none,
        'variables': invocation_args_dict.get('vars', {}),
        'seeds': seeds,
    } -%}
    {%- set question -%} select plan_run({{ string_literal(tojson(request)) }}) {%- endset -%}
    {%- set sentence = fromjson(run_query(question).columns[0].values()[0]) -%}
    {%- if sentence -%}
        {%- do log(sentence, info=true) -%}
    {%- endif -%}
{%- endmacro -%}
