-- Rows of imported files that break a contract.
-- Grain: one row per bad input row.
create table ${table} (
    run_id string not null,
    source string comment 'the file',
    reason string,
    row_json string
) using delta
comment 'One row per bad input row'
