{{ publish_list('loyal_rewards') }}
