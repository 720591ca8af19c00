-- Are all scores finite and non-increasing with rank?
-- Grain of the result: one row per offending (user, rank).
with

neighbours as (
    select user_id, rank, score,
        lag(score) over (partition by user_id order by rank) as score_above
    from checked_recommendations
),

offending as (
    select *
    from neighbours
    where
        score is null
        or isnan(score)
        or abs(score) = double('infinity')
        or score > score_above
)

select * from offending
