{{ publish_list('replenish') }}
