-- Does every sentence name items that the user liked?
-- An expression over one row of audited_users, true where one does not.
size(array_except(flatten(list.named_items), coalesce(item_ids, array()))) > 0
