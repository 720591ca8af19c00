-- Has every user N rows, or a coded reason and as many rows as it says?
-- An expression over one row of audited_users, true where it is otherwise.
item_ids is null
or size(list) > top_n
or (
    size(list) < top_n
    and not coalesce(unserved.reason is not null and unserved.n_rows = size(list), false)
)
