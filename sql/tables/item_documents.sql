-- The words of every item, in order, cleaned.
-- Grain: one row per item.
create table ${table} (
    item_id ${item_id_type} not null,
    title string,
    words array<string>,
    n_words int,
    text_hash string comment 'SHA-256 of the words: equal words, equal vectors'
) using delta
comment 'One row per item'
