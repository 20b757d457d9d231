select count(*) as builds, min(build_number) as lowest, max(build_number) as highest
from {{ ref('attribution_builds') }}
having count(*) > 0 and (min(build_number) <> 1 or max(build_number) <> count(*))
