-- Is anybody recommended an item of their full history?
-- Grain of the result: one row per offending (user, item).
with

liked as (
    select user_id, explode(item_ids) as item_id
    from checked_histories
),

offending as (
    select checked_recommendations.user_id, checked_recommendations.rank, liked.item_id
    from checked_recommendations
    inner join liked
        on checked_recommendations.user_id = liked.user_id
        and checked_recommendations.item_id = liked.item_id
)

select * from offending
