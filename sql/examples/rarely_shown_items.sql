-- A marketing question: which items are liked by many but recommended to few, so could do with a
-- placement of their own? Grain: one row per item.
with

liked as (
    select explode(item_ids) as item_id
    from user_histories
),

likes_per_item as (
    select item_id, count(*) as n_likes
    from liked
    group by item_id
),

shown_per_item as (
    select item_id, count(*) as n_lists
    from latest_recommendations
    group by item_id
),

compared as (
    select
        items.item_id,
        items.title,
        likes_per_item.n_likes,
        coalesce(shown_per_item.n_lists, 0) as n_lists,
        round(coalesce(shown_per_item.n_lists, 0) / likes_per_item.n_likes, 3) as lists_per_like
    from items
    inner join likes_per_item using (item_id)
    left join shown_per_item using (item_id)
)

select * from compared
order by lists_per_like, n_likes desc, item_id
