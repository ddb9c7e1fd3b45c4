{#
    The columns of customer_personality's file: the numbers with their types, whether a campaign
    was accepted, what is worded, and all of them.

    {% set numbers = marketing_campaign_columns()['numbers'] -%}
#}
{%- macro marketing_campaign_columns() -%}
    {%- set numbers = {
        'id': 'integer', 'year_birth': 'integer', 'income': 'money',
        'kidhome': 'integer', 'teenhome': 'integer', 'recency': 'integer',
        'mntwines': 'money', 'mntfruits': 'money', 'mntmeatproducts': 'money',
        'mntfishproducts': 'money', 'mntsweetproducts': 'money', 'mntgoldprods': 'money',
        'numdealspurchases': 'integer', 'numwebpurchases': 'integer',
        'numcatalogpurchases': 'integer', 'numstorepurchases': 'integer',
        'numwebvisitsmonth': 'integer', 'z_costcontact': 'money', 'z_revenue': 'money',
    } -%}
    {%- set responses = [
        'acceptedcmp1', 'acceptedcmp2', 'acceptedcmp3', 'acceptedcmp4', 'acceptedcmp5',
        'response',
    ] -%}
    {%- set words = ['education', 'marital_status'] -%}
    {{- return({
        'numbers': numbers,
        'responses': responses,
        'words': words,
        'all': numbers | list + responses + words + ['complain', 'dt_customer'],
    }) -}}
{%- endmacro -%}
