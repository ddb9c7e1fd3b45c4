{{ publish_list('second_purchase') }}
