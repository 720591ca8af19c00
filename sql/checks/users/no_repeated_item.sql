-- Is any item twice in the user's list?
-- An expression over one row of audited_users, true where one is.
size(array_distinct(list.item_id)) < size(list)
