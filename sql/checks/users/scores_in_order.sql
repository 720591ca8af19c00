-- Are all scores of the user's list finite and non-increasing with rank?
-- An expression over one row of audited_users, true where they are not. NaN counts as the largest.
size(list) > 0
and (
    size(array_compact(list.score)) < size(list)
    or not (array_max(list.score) < double('infinity'))
    or not (array_min(list.score) > double('-infinity'))
    or not (list.score <=> reverse(array_sort(list.score)))
)
