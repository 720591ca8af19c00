-- Is any item twice in a list?
-- Grain of the result: one row per offending (user, item).
with

items_per_list as (
    select user_id, item_id, count(*) as n_rows
    from checked_recommendations
    group by user_id, item_id
),

offending as (
    select *
    from items_per_list
    where n_rows > 1
)

select * from offending
