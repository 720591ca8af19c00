-- Users who may get the items of their segment only, owned by the warehouse; optional.
-- Grain: one row per user. A user without a row may get every item.
create table ${table} (
    user_id ${user_id_type} not null,
    segment string not null comment 'its items stand in segment_items'
) using delta
comment 'One row per user in a segment'
