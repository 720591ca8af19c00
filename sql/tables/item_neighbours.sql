-- For every item in some history, the items with the largest relevance to it plus their bias.
-- Grain: one row per (model_version, liked item). Only the model in use has rows.
create table ${table} (
    model_version string not null,
    item_id ${item_id_type} not null comment 'the liked item',
    neighbour_ids array<${item_id_type}> comment 'by score descending',
    scores array<float> comment 'relevance plus the bias of the neighbour',
    floor float comment 'no item outside the list scores more; null where the list is whole',
    lowest float comment 'the smallest relevance of any item, without bias',
    highest float comment 'the largest'
) using delta
comment 'One row per model version and item that somebody likes'
