-- Is every recommended item in the catalogue, and available at midnight UTC of the run date?
-- Grain of the result: one row per offending (user, rank).
with

midnight as (
    select cast(run_date as timestamp) as at_midnight
    from checked_run
),

available as (
    select checked_items.item_id
    from checked_items
    cross join midnight
    where
        (available_from is null or available_from <= at_midnight)
        and (available_until is null or available_until > at_midnight)
),

offending as (
    select user_id, rank, item_id
    from checked_recommendations
    left anti join available using (item_id)
)

select * from offending
