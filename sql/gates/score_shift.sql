-- Whose lists moved most in score since the last published night?
-- Grain: one row per user of both nights, the largest shift first.
-- Parameters: run_id, run_date, last_run_id, last_run_date.
with

now as (
    select user_id, avg(score) as mean_score
    from recommendations_staged
    where run_date = date'${run_date}' and run_id = '${run_id}' and source = 'mars'
    group by user_id
),

before as (
    select user_id, avg(score) as mean_score
    from recommendations
    where run_date = date'${last_run_date}' and run_id = '${last_run_id}' and source = 'mars'
    group by user_id
),

compared as (
    select user_id, before.mean_score as mean_score_before, now.mean_score
    from now
    inner join before using (user_id)
    order by abs(now.mean_score - before.mean_score) desc, user_id
)

select * from compared
