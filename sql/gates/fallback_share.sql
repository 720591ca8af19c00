-- Who got the fallback's list, and how many likes do they have?
-- Grain: one row per user, those with most likes first. Parameters: run_id, run_date.
with

served as (
    select distinct user_id
    from recommendations_staged
    where run_date = date'${run_date}' and run_id = '${run_id}' and source <> 'mars'
),

compared as (
    select user_id, n_items as n_likes
    from served
    left join user_histories using (user_id)
    order by n_likes desc, user_id
)

select * from compared
