{{ publish_list('win_back') }}
