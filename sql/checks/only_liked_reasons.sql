-- Does every reason name an item that the user liked?
-- Grain of the result: one row per offending reason.
with

reasons as (
    select user_id, rank, explode(because) as reason
    from checked_recommendations
),

offending as (
    select reasons.user_id, reasons.rank, reasons.reason.item_id as item_id
    from reasons
    left join checked_histories using (user_id)
    where not coalesce(array_contains(checked_histories.item_ids, reasons.reason.item_id), false)
)

select * from offending
