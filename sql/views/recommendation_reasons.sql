-- The latest lists as a person reads them: titles, and the reason of each row in words and numbers.
-- Grain: one row per (user, rank). Titles fall back to the item's id.
with

lists as (
    select run_date, user_id, rank, item_id, score, source, reason_kind, reason, because
    from latest_recommendations
),

titles as (
    select item_id, coalesce(nullif(trim(title), ''), cast(item_id as string)) as title
    from items
),

reasons as (
    select user_id, rank, posexplode(because) as (position, reason)
    from lists
),

titled_reasons as (
    select
        reasons.user_id,
        reasons.rank,
        named_struct(
            'position', reasons.position,
            'item_id', reasons.reason.item_id,
            'title', coalesce(titles.title, cast(reasons.reason.item_id as string)),
            'attention', reasons.reason.attention,
            'contribution', reasons.reason.contribution,
            'score_without', reasons.reason.score_without
        ) as reason
    from reasons
    left join titles on reasons.reason.item_id = titles.item_id
),

reasons_per_item as (
    select user_id, rank, array_sort(collect_list(reason)) as because_titles
    from titled_reasons
    group by user_id, rank
),

readable as (
    select
        lists.run_date,
        lists.user_id,
        lists.rank,
        lists.item_id,
        coalesce(titles.title, cast(lists.item_id as string)) as title,
        lists.score,
        lists.source,
        lists.reason_kind,
        lists.reason,
        reasons_per_item.because_titles
    from lists
    left join titles using (item_id)
    left join reasons_per_item
        on lists.user_id = reasons_per_item.user_id and lists.rank = reasons_per_item.rank
)

select * from readable
