-- What is served: published, one commit a night.
-- Grain: one row per (run_date, user, rank).
create table ${table} (
    run_date date not null,
    run_id string not null,
    model_version string not null,
    user_id ${user_id_type} not null,
    rank int comment 'from 1',
    item_id ${item_id_type} not null,
    score float comment 'comparable within one user only',
    source string comment 'mars, or the name of a fallback',
    because array<struct<item_id: ${item_id_type}, attention: float, contribution: float, score_without: float>> comment 'the liked items that count most, by attention',
    reason_kind string comment 'likes, popularity or taste: what the item is there for',
    reason string comment 'the same as a sentence, null in rows of a release without it',
    named_items array<${item_id_type}> comment 'the liked items that the sentence names',
    score_without_named float comment 'had the user not liked these; null where no like is left or none is named',
    best_unlisted_score float comment 'of the best item that is not in the list; null where none is'
) using delta
partitioned by (run_date)
-- Every file holds users of all ids: their ranges would skip none.
tblproperties ('delta.dataSkippingNumIndexedCols' = '0')
comment 'One row per run date, user and rank'
