-- A record of every run: what it read, what it wrote, how its audit went.
-- Grain: one row per run.
create table ${table} (
    run_id string not null,
    run_date date not null,
    model_version string,
    status string comment 'published, superseded (another run of the date was published later), withdrawn (rolled back), audit_failed or expired',
    top_n int comment 'rows a user should get',
    min_likes int comment 'likes a user needs to be scored by the model',
    input_versions map<string, bigint> comment 'Delta version of every input',
    counts map<string, bigint>,
    gates map<string, double> comment 'comparisons with the last published night, and the mean score',
    durations_s map<string, double>,
    failures map<string, bigint> comment 'offending rows of each failed check',
    input_tables map<string, string> comment 'of every source: the id of its Delta table and the newest version that made rows',
    settings string comment 'what shapes rows and audit, as JSON',
    rows_hash string comment 'of the published rows, in any order',
    accepted map<string, string> comment 'gates that failed and were accepted, and why'
) using delta
comment 'One row per run'
