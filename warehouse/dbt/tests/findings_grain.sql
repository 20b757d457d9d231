-- Ranks run from 1 to the number found, or to 10 or more if not all are kept. A check without findings has one row, of rank 0,
-- without a subject.
with checks as (

    select
        build_id,
        check_name,
        count(*) as findings,
        count(distinct subject_rank) as ranks,
        count(distinct subject_id) as subjects,
        min(subject_rank) as first_rank,
        max(subject_rank) as last_rank,
        min(found) as least_found,
        max(found) as most_found,
        min(severity) as first_severity,
        max(severity) as last_severity
    from {{ ref('data_quality_findings') }}
    group by build_id, check_name

)

select build_id, check_name
from checks
where least_found <> most_found
   or first_severity <> last_severity
   or first_severity not in ('ERROR', 'WARNING')
   or findings <> ranks
   or (most_found = 0 and (findings <> 1 or first_rank <> 0 or subjects <> 0))
   or (most_found > 0 and (first_rank <> 1 or last_rank <> findings or subjects <> findings))
   or (most_found > 0 and findings > most_found)
   or (findings < most_found and findings < 10)
