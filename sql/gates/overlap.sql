-- Whose lists have least in common with those of the last published night?
-- Grain: one row per user of both nights, the least in common first.
-- Parameters: run_id, run_date, last_run_id, last_run_date.
with

now as (
    select user_id, collect_set(item_id) as items
    from recommendations_staged
    where run_date = date'${run_date}' and run_id = '${run_id}'
    group by user_id
),

before as (
    select user_id, collect_set(item_id) as items
    from recommendations
    where run_date = date'${last_run_date}' and run_id = '${last_run_id}'
    group by user_id
),

compared as (
    select
        user_id,
        size(array_intersect(now.items, before.items)) as n_again,
        size(before.items) as n_before
    from now
    inner join before using (user_id)
    order by n_again, user_id
)

select * from compared
