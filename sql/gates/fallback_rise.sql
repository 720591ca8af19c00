-- Who got the fallback's list, and one of the model on the last published night?
-- Grain: one row per user. Parameters: run_id, run_date, last_run_id, last_run_date.
with

served as (
    select distinct user_id
    from recommendations_staged
    where run_date = date'${run_date}' and run_id = '${run_id}' and source <> 'mars'
),

before as (
    select distinct user_id
    from recommendations
    where run_date = date'${last_run_date}' and run_id = '${last_run_id}' and source = 'mars'
),

compared as (
    select user_id, user_id in (select user_id from before) as had_a_list_of_the_model
    from served
    order by had_a_list_of_the_model desc, user_id
)

select * from compared
