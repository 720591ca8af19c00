-- Does the segment whose users got the item have it?
-- An expression over one row of audited_items, true where it does not. Null: users without one.
segment is not null and not is_of_segment
