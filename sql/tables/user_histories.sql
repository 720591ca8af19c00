-- What every user liked before the run date.
-- Grain: one row per user, also those who liked nothing.
create table ${table} (
    user_id ${user_id_type} not null,
    item_ids array<${item_id_type}> comment 'newest first',
    n_items int,
    last_interacted_at timestamp
) using delta
comment 'One row per user'
