-- Has every row of the model a reason, and no row of a fallback one?
-- Grain of the result: one row per offending (user, rank).
with

counted as (
    select user_id, rank, source, coalesce(size(because), 0) as n_reasons
    from checked_recommendations
),

offending as (
    select *
    from counted
    where (source = 'mars' and n_reasons <= 0) or (source <> 'mars' and n_reasons > 0)
)

select * from offending
