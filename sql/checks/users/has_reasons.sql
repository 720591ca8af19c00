-- Has every row of the model a reason, and no row of a fallback one?
-- An expression over one row of audited_users, true where it is otherwise.
exists(list, row -> (coalesce(size(row.because), 0) > 0) <> (source = 'mars'))
