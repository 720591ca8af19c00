-- What users did, owned by the warehouse.
-- Grain: one row per event.
create table ${table} (
    user_id ${user_id_type} not null,
    item_id ${item_id_type} not null,
    rating double comment 'null where the event has none',
    interacted_at timestamp comment 'UTC, null where unknown'
) using delta
comment 'One row per event'
