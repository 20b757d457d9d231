-- No click is counted for two iterations or days.
{{ config(tags=['expensive']) }}

with counted as (

    select coalesce(sum(clicks), 0) as clicks from {{ ref('iteration_clicks_daily') }}

),

real_clicks as (

    select count(distinct click_id) as clicks from {{ ref('base_adgem__clicks') }}

)

select counted.clicks, real_clicks.clicks as real_clicks
from counted
cross join real_clicks
where counted.clicks > real_clicks.clicks
