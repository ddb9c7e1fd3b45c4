{{ stage_input('activity_labels') }}
