-- What is served now: the lists of the latest published run date. A night may have none.
-- Grain: one row per (user, rank).
with

nights as (
    select run_date from recommendations
    union all
    select run_date from recommendation_runs where status = 'published'
),

latest_night as (
    select max(run_date) as run_date
    from nights
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
