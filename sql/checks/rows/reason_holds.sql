-- Is the row there for what it says? Without the likes that a reason of kind likes names, at most two,
-- the item's score is below that of the best item which is not in the list. Null stands for no like
-- left, or for no such item; with the latter nothing can be below.
-- An expression over one row of audited_rows, true where the reason does not hold.
not coalesce(
    case reason_kind
        when 'likes' then
            size(named_items) between 1 and 2
            and best_unlisted_score is not null
            and coalesce(score_without_named < best_unlisted_score, true)
        when 'popularity' then size(named_items) = 0
        when 'taste' then source = 'mars' and size(named_items) <= 2
    end
    and length(reason) > 0,
    false
)
