-- Which interactions before the run date are the newest?
-- Grain: one row per interaction, the newest first. Parameters: run_date.
select user_id, item_id, interacted_at
from interactions
where interacted_at < timestamp'${run_date} 00:00:00'
order by interacted_at desc, user_id, item_id
