"""A comparison with every section, written by hand."""

from typing import Any

from mars_model.reports.contract import ComparisonFile

SCRIPT = "<script>document.title = 'ran'</script> & \"more\""


def model(name: str, recall: float, is_baseline: bool | None = None, **more: Any) -> dict[str, Any]:
    """A model with one figure."""
    return {"model": name, "is_baseline": is_baseline, "recall@50": recall, **more}


def minimal(*models: dict[str, Any], **more: Any) -> ComparisonFile:
    """A comparison of these models and nothing else but `more`."""
    return ComparisonFile.model_validate({"models": list(models), **more})


def full() -> dict[str, Any]:
    """Two models that ran, one that did not, and all that may stand beside them."""
    return {
        "made_with": "mars-batch evaluate --model mars-plus --model ease --seeds 1-2",
        "made_by": {"mars_batch": "0.1.0"},
        "dataset": {
            "name": f"books {SCRIPT}",
            "n_users": 1200,
            "n_items": 340,
            "n_likes": 56000,
            "likes": {"min_rating": 4},
            "fingerprint": "8c1f",
        },
        "split": {"name": "paper", "train_share": 0.3},
        "seeds": [1, 2],
        "n_trials": 10,
        "models": [
            {
                "model": "mars-plus",
                "is_baseline": False,
                "settings": {"training": {"learning_rate": 0.004}},
                "seconds": 61.25,
                "recall@50": 0.3,
                "recall@50_sd": 0.01,
                "recall@50_by_seed": [0.29, 0.31],
                "map@500": 0.12,
                "coverage": 0.4,
            },
            {
                "model": "ease",
                "is_baseline": True,
                "recall@50": 0.25,
                "recall@50_sd": 0.0,
                "recall@50_by_seed": [0.25, 0.25],
                "map@500": 0.13,
                "coverage": 0.2,
            },
            {"model": "cdl", "is_baseline": True, "reason": f"not run: no wheel {SCRIPT}"},
        ],
        "significance": {
            "metric": "recall@50",
            "best": "mars-plus",
            "second": "ease",
            "test": "paired t-test",
            "p_value": 0.0004,
            "difference": 0.05,
            "low": 0.04,
            "high": 0.06,
            "n_users": 1100,
        },
        "groups": [
            {
                "by": "history length",
                "name": name,
                "n_users": 300,
                "metric": "recall@50",
                "values": {"mars-plus": mars, "ease": ease},
            }
            for name, mars, ease in (("5 to 9 likes", 0.2, 0.21), ("10 likes and more", 0.35, None))
        ],
        "curves": [
            {
                "figure": "Figure 4",
                "x": "K",
                "metric": "recall@50",
                "series": {"mars": [[5, 0.1], [50, 0.2, 0.01], [100, 0.19]]},
                "paper": {"Yahoo! Movies": [[5, 0.25], [50, 0.32]]},
            },
            {
                "figure": "Figure 7",
                "x": "variant",
                "metric": "recall@50",
                "series": {"books": [["MARS w/o Text", 0.1], ["MARS", 0.2]]},
                "paper": None,
            },
        ],
        "paper_table": [
            {"dataset": "Yahoo! Movies", "model": "MARS-Plus", "recall@50": 0.323},
            {"dataset": "Yahoo! Movies", "model": "BPR", "recall@50": 0.1756},
        ],
        "examples": [
            {
                "user": "4711",
                "likes": ["Baudolino", SCRIPT],
                "recommendations": [
                    {
                        "title": SCRIPT,
                        "score": 1.5,
                        "reasons": [
                            {"title": "Baudolino", "attention": 0.75, "contribution": -0.25}
                        ],
                    }
                ],
            }
        ],
        "notes": ["The quick profile reads every tenth user."],
    }
