-- Does every reason name an item that the user liked?
-- An expression over one row of audited_users, true where one does not.
size(array_except(flatten(list.because).item_id, coalesce(item_ids, array()))) > 0
