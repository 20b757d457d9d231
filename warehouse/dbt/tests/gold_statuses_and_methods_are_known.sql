select event_id, attribution_status, attribution_method
from {{ ref('goal_complete_events_attributed') }}
where attribution_status not in (
        'ATTRIBUTED', 'NO_CLICK_ID', 'CLICK_NOT_FOUND', 'CAMPAIGN_NOT_FOUND', 'CAMPAIGN_WITHOUT_OFFER',
        'STRATEGY_NOT_FOUND', 'SHARED_OFFER', 'NO_ITERATIONS', 'BEFORE_FIRST_ITERATION', 'CLICK_AFTER_BUILD'
    )
   or attribution_method not in ('DERIVED', 'EXPLICIT')
