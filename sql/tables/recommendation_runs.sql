-- A record of every run: what it read, what it wrote, how its audit went.
-- Grain: one row per run.
create table ${table} (
    run_id string not null,
    run_date date not null,
    model_version string,
    status string comment 'staged, published, superseded, audit_failed or interrupted',
    top_n int comment 'rows a user should get',
    min_likes int comment 'likes a user needs to be scored by the model',
    input_versions map<string, bigint> comment 'Delta version of every input',
    counts map<string, bigint>,
    gates map<string, double> comment 'comparisons with the last published night',
    durations_s map<string, double>,
    failures map<string, bigint> comment 'offending rows of each failed check'
) using delta
comment 'One row per run'
