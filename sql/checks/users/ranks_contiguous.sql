-- Do the user's ranks run from 1 without a gap or a repeat?
-- An expression over one row of audited_users, true where they do not.
size(list) > 0 and not (list.rank <=> sequence(1, size(list)))
