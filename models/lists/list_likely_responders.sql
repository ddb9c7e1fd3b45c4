{{ publish_list('likely_responders') }}
