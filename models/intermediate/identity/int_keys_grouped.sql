-- Keys that are one person (macro keys_grouped).
{{ keys_grouped(ref('int_identity_links')) }} -- noqa: PRS
