-- What makes two keys one person (macro identity_links).
{{ identity_links(
    ref('int_key_contacts'), ref('int_shared_addresses'), ref('int_customer_links_validated')
) }}
