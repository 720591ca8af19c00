-- Is the user recommended an item of their full history?
-- An expression over one row of audited_users, true where they are.
coalesce(arrays_overlap(list.item_id, item_ids), false)
