-- Is the row's attention in (0, 1] and non-increasing, and are its numbers there and finite?
-- An expression over one row of audited_rows, true where it is not. NaN counts as the largest.
not (because.attention <=> sort_array(because.attention, false))
or array_min(because.attention) <= 0
or array_max(because.attention) > 1
or array_min(because.contribution) = float('-infinity')
or array_max(because.contribution) >= float('infinity')
or exists(because.attention, attention -> attention is null)
-- Without its only like a user has no score, so evidence cannot say how much that would take away.
or exists(because, reason -> reason.contribution is null and reason.score_without is not null)
