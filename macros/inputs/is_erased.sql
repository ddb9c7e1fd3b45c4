{#
    Whether a row is of somebody who was erased: by one of its keys, as staging writes them, or by
    an e-mail or a phone as the file has it. Who that is, is found out before anything is built
    (leave_out_erased). Only where has_erasures().

    where not {{ is_erased(keys=['customer_id'], contacts=['email', 'phone']) }}
#}
{%- macro is_erased(keys=[], contacts=[]) -%}
    (
        {%- for key in keys %}
        coalesce({{ erased_key(key) }} in (
            select found.erased_hash from {{ erased_hashes() }} as found
        ), false)
        {{- ' or' if not loop.last or contacts }}
        {%- endfor %}
        {%- for contact in contacts %}
        coalesce({{ erased_text(contact) }} in (
            select found.erased_hash from {{ erased_hashes() }} as found
        ), false)
        {{- ' or' if not loop.last }}
        {%- endfor %}
    )
{%- endmacro -%}


{#
    Whether the dataset has an erasures file, or remembers somebody whom an earlier one named.
#}
{%- macro has_erasures() -%}
    {{- return(has_input('erasures') or has_erased_state()) -}}
{%- endmacro -%}


{#  The hashes of all keys and texts of the erased; a table of the working database.  #}
{%- macro erased_hashes() -%}
    main.erased_hashes
{%- endmacro -%}


{#  Where the hashes of the erased outlast the files that named them.  #}
{%- macro erased_state() -%}
    {{- return(state_folder() ~ '/erased/hashes.parquet') -}}
{%- endmacro -%}


{#  Whether they do; only the adapter contract has erasures.  #}
{%- macro has_erased_state() -%}
    {%- if not execute or dataset_adapter() != 'contract' -%} {{- return(false) -}} {%- endif -%}
    {%- set question -%}
        select count(*) from glob({{ string_literal(erased_state()) }})
    {%- endset -%}
    {{- return(run_query(question).columns[0].values()[0] > 0) -}}
{%- endmacro -%}
