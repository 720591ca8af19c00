-- Are all scores of the user's list finite and non-increasing with rank?
-- An expression over one row of audited_users, true where they are not. NaN counts as the largest.
exists(list.score, score -> score is null)
or array_min(list.score) = float('-infinity')
or array_max(list.score) >= float('infinity')
or not (list.score <=> sort_array(list.score, false))
