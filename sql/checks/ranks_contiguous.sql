-- Do every user's ranks run from 1 without a gap or a repeat?
-- Grain of the result: one row per offending user.
with

numbered as (
    select user_id, rank, row_number() over (partition by user_id order by rank) as place
    from checked_recommendations
),

offending as (
    select distinct user_id
    from numbered
    where rank is null or rank <> place
)

select * from offending
