-- Users who got fewer rows than asked for, and why.
-- Grain: one row per (run, user).
create table ${table} (
    run_id string not null,
    user_id ${user_id_type} not null,
    n_rows int,
    reason string
) using delta
partitioned by (run_id)
comment 'One row per run and user without a full list'
