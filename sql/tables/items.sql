-- What can be recommended, owned by the warehouse.
-- Grain: one row per item.
create table ${table} (
    item_id ${item_id_type} not null,
    title string,
    text string,
    available_from timestamp comment 'recommended from this instant on, null: always',
    available_until timestamp comment 'not recommended from this instant on, null: never ends'
) using delta
comment 'One row per item'
