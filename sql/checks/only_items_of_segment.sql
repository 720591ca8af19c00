-- Does every user of a segment get that segment's items only?
-- Grain of the result: one row per offending (user, rank).
with

in_segments as (
    select user_id, segment
    from checked_user_segments
    where segment is not null
),

lists_in_segments as (
    select
        checked_recommendations.user_id,
        checked_recommendations.rank,
        checked_recommendations.item_id,
        in_segments.segment
    from checked_recommendations
    inner join in_segments on checked_recommendations.user_id = in_segments.user_id
),

offending as (
    select user_id, rank, item_id, segment
    from lists_in_segments
    left anti join checked_segment_items using (segment, item_id)
)

select * from offending
