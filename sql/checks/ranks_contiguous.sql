-- Do every user's ranks run from 1 without a gap or a repeat?
-- Grain of the result: one row per offending user.
with

ranks as (
    select user_id, count(*) as n_rows, count(distinct rank) as n_ranks, min(rank) as first_rank,
        max(rank) as last_rank
    from checked_recommendations
    group by user_id
),

offending as (
    select *
    from ranks
    where first_rank is null or first_rank <> 1 or last_rank <> n_rows or n_ranks <> n_rows
)

select * from offending
