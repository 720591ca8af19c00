"""The paper's own figures, measured on the paper's data: shown beside ours, never mixed with them.

Source: L. Zheng et al., "MARS: Memory Attention-Aware Recommender System" (2018), Table 1.
"""

from typing import Any

_MODELS = ("BPR", "NeuMF", "CMF", "CTR", "DeepFM", "CDL", "Wide & Deep", "MARS")
_TABLE_1 = {
    "Yahoo! Movies": (
        (0.1756, 0.1649, 0.1532, 0.2067, 0.2416, 0.2534, 0.2611, 0.3230),
        (0.1045, 0.0973, 0.0894, 0.1223, 0.1389, 0.1452, 0.1523, 0.1692),
    ),
    "Amazon Video Games": (
        (0.0716, 0.0849, 0.0528, 0.0827, 0.1086, 0.1034, 0.1123, 0.1337),
        (0.0625, 0.0654, 0.0517, 0.0658, 0.0815, 0.0746, 0.0821, 0.0934),
    ),
    "Amazon Movies and TV": (
        (0.0643, 0.0604, 0.0496, 0.0711, 0.0935, 0.0901, 0.1001, 0.1196),
        (0.0543, 0.0551, 0.0493, 0.0659, 0.0771, 0.0746, 0.0785, 0.0895),
    ),
}


def table_1() -> list[dict[str, Any]]:
    """A row per data set and model; NCF is called NeuMF here, after the model of that paper."""
    return [
        {"dataset": dataset, "model": model, "recall@50": recall, "map@500": precision}
        for dataset, (recalls, precisions) in _TABLE_1.items()
        for model, recall, precision in zip(_MODELS, recalls, precisions, strict=True)
    ]
