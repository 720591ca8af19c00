-- Is the row's attention in (0, 1] and non-increasing, and are its numbers finite?
-- An expression over one row of audited_rows, true where it is not. NaN counts as the largest.
not (because.attention <=> sort_array(because.attention, false))
or array_min(because.attention) <= 0
or array_max(because.attention) > 1
or array_min(because.contribution) = float('-infinity')
or array_max(because.contribution) >= float('infinity')
-- Nulls come first in ascending order.
or (
    size(because) > 0
    and (
        get(sort_array(because.attention), 0) is null
        or get(sort_array(because.contribution), 0) is null
    )
)
