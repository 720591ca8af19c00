-- What is served now: the lists of the latest published run date.
-- Grain: one row per (user, rank).
with

latest_night as (
    select max(run_date) as run_date
    from recommendations
),

latest_lists as (
    select
        recommendations.run_date,
        recommendations.run_id,
        recommendations.model_version,
        recommendations.user_id,
        recommendations.rank,
        recommendations.item_id,
        recommendations.score,
        recommendations.source,
        recommendations.reason_kind,
        recommendations.reason,
        recommendations.named_items,
        recommendations.score_without_named,
        recommendations.best_unlisted_score,
        recommendations.because
    from recommendations
    inner join latest_night using (run_date)
)

select * from latest_lists
