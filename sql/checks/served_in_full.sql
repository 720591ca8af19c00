-- Has every user N rows, or a coded reason and as many rows as it says?
-- Grain of the result: one row per offending user. N is the run's top_n.
with

asked as (
    select top_n
    from checked_run
),

rows_per_user as (
    select user_id, count(*) as n_rows
    from checked_recommendations
    group by user_id
),

users as (
    select
        coalesce(checked_histories.user_id, rows_per_user.user_id) as user_id,
        checked_histories.user_id is not null as is_known,
        coalesce(rows_per_user.n_rows, 0) as n_rows
    from checked_histories
    full outer join rows_per_user on checked_histories.user_id = rows_per_user.user_id
),

offending as (
    select users.user_id, users.is_known, users.n_rows, checked_unserved.reason
    from users
    cross join asked
    left join checked_unserved on users.user_id = checked_unserved.user_id
    where
        not users.is_known
        or users.n_rows > asked.top_n
        or (
            users.n_rows < asked.top_n
            and (
                checked_unserved.reason is null
                or checked_unserved.n_rows <> users.n_rows
            )
        )
)

select * from offending
