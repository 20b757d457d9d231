-- Each conversion of a build is attributed or has a reason.
select build_id, conversions
from {{ ref('attribution_builds') }}
where conversions <> attributed
    + no_click_id
    + click_not_found
    + campaign_not_found
    + campaign_without_offer
    + strategy_not_found
    + shared_offer
    + no_iterations
    + before_first_iteration
    + click_after_build
