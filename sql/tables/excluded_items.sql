-- What must not be recommended to anybody, owned by the warehouse; optional.
-- Grain: one row per exclusion; an item may have several.
create table ${table} (
    item_id ${item_id_type} not null,
    reason string comment 'for people; null where there is none',
    excluded_from timestamp comment 'not recommended from this instant on, null: always',
    excluded_until timestamp comment 'recommended again from this instant on, null: never'
) using delta
comment 'One row per exclusion of an item'
