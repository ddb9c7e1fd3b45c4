{#
    Whether the rows of an input may name a customer by an e-mail or a phone, raw or hashed,
    instead of a key: in the columns for them, or in that of the key.

    names_by_contact('suppressions')  ->  true
#}
{%- macro names_by_contact(input) -%}
    {{- return(input in ['consents', 'suppressions']) -}}
{%- endmacro -%}


{#  The columns of which a row of such an input needs one, as its files have them.  #}
{%- macro naming_columns(input) -%}
    {%- set described = describe_inputs() if execute else {'files': []} -%}
    {%- set names = ['customer_id'] -%}
    {%- for column in ['email', 'phone'] -%}
        {%- for file in described['files']
            if file['input'] == input and column in file['places'] and column not in names -%}
            {%- do names.append(column) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{- return(names | join(', ')) -}}
{%- endmacro -%}
