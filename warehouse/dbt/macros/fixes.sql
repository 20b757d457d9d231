{#-
  What to fix so that an unattributed conversion is attributed: for a row with gold's columns, the fix, and the id of what is
  to be fixed as text; null if the fix has no such subject. The names are those of src/domain/fixes.ts.
-#}
{% macro fix_of(row) -%}
cast(
        case {{ row }}.attribution_status
            when 'NO_CLICK_ID' then 'SEND_CLICK_ID'
            when 'CLICK_NOT_FOUND' then 'LOAD_MISSING_CLICKS'
            when 'CAMPAIGN_NOT_FOUND'
                then case when {{ row }}.campaign_id is null then 'SEND_CAMPAIGN_ID' else 'ADD_CAMPAIGN_TO_ADGEM' end
            when 'CAMPAIGN_WITHOUT_OFFER' then 'ASSIGN_OFFER_TO_CAMPAIGN'
            when 'STRATEGY_NOT_FOUND' then 'ASSIGN_STRATEGY_TO_OFFER'
            when 'SHARED_OFFER' then 'SEPARATE_SHARED_OFFER'
            when 'NO_ITERATIONS' then 'ADD_ITERATION_TO_STRATEGY'
            when 'BEFORE_FIRST_ITERATION' then 'CHECK_FIRST_ITERATION'
            when 'CLICK_AFTER_BUILD' then 'WAIT_FOR_NEXT_BUILD'
        end as varchar(32)
    )
{%- endmacro %}

{% macro fix_subject(row) -%}
cast(
        case
            when {{ row }}.attribution_status = 'NO_CLICK_ID' then {{ text_id(row ~ '.goal_reference_id') }}
            when {{ row }}.attribution_status in ('CAMPAIGN_NOT_FOUND', 'CAMPAIGN_WITHOUT_OFFER')
                then cast({{ row }}.campaign_id as varchar(256))
            when {{ row }}.attribution_status in ('STRATEGY_NOT_FOUND', 'SHARED_OFFER')
                then cast({{ row }}.campaign_offer_id as varchar(256))
            when {{ row }}.attribution_status in ('NO_ITERATIONS', 'BEFORE_FIRST_ITERATION')
                then cast({{ row }}.strategy_id as varchar(256))
        end as varchar(256)
    )
{%- endmacro %}
