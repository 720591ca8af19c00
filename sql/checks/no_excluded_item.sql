-- Is anybody recommended an item that is excluded at midnight UTC of the run date?
-- Grain of the result: one row per offending (user, rank).
with

midnight as (
    select cast(run_date as timestamp) as at_midnight
    from checked_run
),

excluded as (
    select distinct checked_excluded_items.item_id
    from checked_excluded_items
    cross join midnight
    where
        (excluded_from is null or excluded_from <= at_midnight)
        and (excluded_until is null or excluded_until > at_midnight)
),

offending as (
    select user_id, rank, item_id
    from checked_recommendations
    left semi join excluded using (item_id)
)

select * from offending
