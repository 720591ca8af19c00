-- Is anybody recommended an item of their full history?
-- Grain of the result: one row per offending (user, item).
with

offending as (
    select
        checked_recommendations.user_id,
        checked_recommendations.rank,
        checked_recommendations.item_id
    from checked_recommendations
    inner join checked_histories on checked_recommendations.user_id = checked_histories.user_id
    where array_contains(checked_histories.item_ids, checked_recommendations.item_id)
)

select * from offending
