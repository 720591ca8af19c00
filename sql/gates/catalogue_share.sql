-- Which items fill most of the lists that an audit refused?
-- Grain: one row per item, the most shown first. Parameters: run_id, run_date.
select item_id, count(*) as n_rows
from recommendations_staged
where run_date = date'${run_date}' and run_id = '${run_id}'
group by item_id
order by n_rows desc, item_id
