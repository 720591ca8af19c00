-- Has a row of the model a reason, and a row of a fallback none?
-- An expression over one row of audited_rows, true where it is otherwise.
(coalesce(size(because), 0) > 0) <> (source = 'mars')
