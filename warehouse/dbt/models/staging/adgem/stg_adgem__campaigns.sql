{{
    config(
        materialized='table',
        dist='all',
        sort='campaign_id',
        post_hook=["{{ analyze_table() }}"]
    )
}}

-- Redshift: every node has it whole; sorted by the key of the join.
--
-- A table, small as it is: as a view its numbering would stand inside gold's statement, and PostgreSQL does not work in
-- parallel above a numbering, nor does it guess how many rows one leaves.
with source as (

    select * from {{ source('adgem', 'campaigns') }}

),

-- Redshift enforces no key. A second row with the same id would fan out conversions, so the choice is made here.
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
