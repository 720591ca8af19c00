-- Both encoders, once per text and model.
-- Grain: one row per (model_version, item).
create table ${table} (
    model_version string not null,
    item_id ${item_id_type} not null,
    text_hash string,
    item_vector array<float> comment 'the item as a candidate',
    memory_vector array<float> comment 'the item as a slot of a memory',
    item_bias float comment '0 where the model has none'
) using delta
partitioned by (model_version)
comment 'One row per model version and item'
