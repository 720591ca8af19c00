-- Is the recommended item excluded at midnight UTC of the run date?
-- An expression over one row of audited_items, true where it is.
exists(
    exclusions,
    one -> coalesce(one.excluded_from <= at_midnight, true)
    and coalesce(one.excluded_until > at_midnight, true)
)
