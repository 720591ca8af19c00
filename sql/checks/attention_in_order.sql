-- Is every explanation's attention in (0, 1] and non-increasing, and are its numbers finite?
-- Grain of the result: one row per offending reason.
with

reasons as (
    select user_id, rank, because, posexplode(because) as (position, reason)
    from checked_recommendations
),

offending as (
    select user_id, rank, position, reason.attention, reason.contribution
    from reasons
    where
        reason.attention is null
        or isnan(reason.attention)
        or reason.attention <= 0
        or reason.attention > 1
        or reason.contribution is null
        or isnan(reason.contribution)
        or (position > 0 and reason.attention > because[position - 1].attention)
)

select * from offending
