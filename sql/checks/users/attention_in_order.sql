-- Is every explanation's attention in (0, 1] and non-increasing, and are its numbers finite?
-- An expression over one row of audited_users, true where one is not. NaN counts as the largest.
exists(
    list,
    row -> size(row.because) > 0
    and (
        not coalesce(array_min(row.because.attention) > 0, false)
        or not coalesce(array_max(row.because.attention) <= 1, false)
        or not coalesce(array_max(row.because.contribution) < double('infinity'), false)
        or size(array_compact(row.because.attention)) < size(row.because)
        or size(array_compact(row.because.contribution)) < size(row.because)
        or not (row.because.attention <=> reverse(array_sort(row.because.attention)))
    )
)
