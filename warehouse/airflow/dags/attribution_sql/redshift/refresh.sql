refresh materialized view adsuite_mirror.{{ view }}
