-- Is the recommended item in the catalogue, and available at midnight UTC of the run date?
-- An expression over one row of audited_items, true where it is not.
not is_known
or available_from > at_midnight
or available_until <= at_midnight
