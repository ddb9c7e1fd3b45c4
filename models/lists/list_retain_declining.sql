{{ publish_list('retain_declining') }}
