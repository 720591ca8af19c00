-- What every model of a comparison reached, kept so that a stopped comparison goes on.
-- Grain: one row per (model, settings_hash, dataset, split, seed, part, metric).
create table ${table} (
    model string not null,
    settings_hash string not null comment 'of all settings that shape the lists',
    dataset string not null comment 'fingerprint of the likes and of the version of the items',
    split string not null comment 'how likes were held out, for example paper',
    seed int not null comment 'of the split and of the training',
    part string not null comment 'validation, test, or a part of the test likes: test, head items',
    metric string not null comment 'for example recall@50',
    value double,
    n_users bigint comment 'users with held-out likes, over whom it is the mean',
    by_user array<double> comment 'of test and the main metrics: each user in order of the ids, null for those left out',
    seconds double comment 'to fit and to rank, the same on all rows of a model and seed',
    peak_mb double comment 'highest memory of the Python process meanwhile, null where not known',
    settings string comment 'JSON: the settings',
    protocol string comment 'JSON: what a like is, which items, counts, versions, the split'
) using delta
comment 'One row per model, settings, dataset, split, seed, part and metric'
