-- A marketing question: whom should a mail about the most recommended item go to, and what should
-- it mention? Grain: one row per user; the strongest recommendation first.
with

most_recommended as (
    select item_id
    from latest_recommendations
    where source = 'mars'
    group by item_id
    order by count(*) desc, item_id
    limit 1
),

audience as (
    select
        recommendation_reasons.title,
        recommendation_reasons.user_id,
        recommendation_reasons.rank,
        recommendation_reasons.reason
    from recommendation_reasons
    inner join most_recommended using (item_id)
    where recommendation_reasons.source = 'mars'
)

select * from audience
order by rank, user_id
