{{ publish_list('cross_sell') }}
