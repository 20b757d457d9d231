-- Without findings the service does not know whether the build was checked, and refuses to push.
select builds.build_id
from {{ ref('attribution_builds') }} as builds
left join {{ ref('data_quality_findings') }} as findings
    on findings.build_id = builds.build_id
where builds.build_number = (select max(build_number) from {{ ref('attribution_builds') }})
  and findings.build_id is null
