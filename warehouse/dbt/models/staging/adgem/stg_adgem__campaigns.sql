{{
    config(
        materialized='table',
        dist='all',
        sort='campaign_id',
        post_hook=["{{ analyze_table() }}"]
    )
}}

-- Redshift: each node has a copy; sorted by the key of the join.
--
-- A table, although small: as a view its numbering would be part of gold's statement, and PostgreSQL neither
-- parallelizes the steps after a numbering nor estimates its number of rows.
with source as (

    select * from {{ source('adgem', 'campaigns') }}

),

-- Redshift enforces no keys. A second row with the same id would multiply conversions, so one is chosen here.
numbered as (

    select
        *,
        row_number() over (
            partition by id
            order by adaction_id asc nulls last, name asc nulls last
        ) as copy_number
    from source
    where id is not null

),

renamed as (

    select
        id as campaign_id,
        name as campaign_name,
        adaction_id as tune_offer_id
    from numbered
    where copy_number = 1

)

select * from renamed
