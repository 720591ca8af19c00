-- What the users of a segment may get, owned by the warehouse; optional.
-- Grain: one row per (segment, item).
create table ${table} (
    segment string not null,
    item_id ${item_id_type} not null
) using delta
comment 'One row per segment and item'
