-- A marketing question: which liked items bring the most recommendations about, so which should
-- a new customer see first? Grain: one row per liked item.
with

reasons as (
    select user_id, rank, explode(because) as reason
    from latest_recommendations
),

per_item as (
    select
        reason.item_id as item_id,
        count(*) as n_recommendations,
        count(distinct user_id) as n_users,
        round(avg(reason.attention), 3) as mean_attention
    from reasons
    group by reason.item_id
),

titled as (
    select items.title, per_item.*
    from per_item
    inner join items using (item_id)
)

select * from titled
order by n_recommendations desc, item_id
