"""Amazon reviews and metadata in the shapes of 2014, 2018 and 2023."""

import gzip
import json
from pathlib import Path

import pytest

from mars_model.errors import InputDataError
from mars_model.sources.research.choose import choose_set
from mars_model.sources.research.records import Broken, Interaction, Item
from tests.sources.research.reading import interactions, items, write

REVIEW_2014 = {
    "reviewerID": "A2SUAM1J3GNN3B",
    "asin": "0000013714",
    "reviewerName": "J. McDonald",
    "helpful": [2, 3],
    "reviewText": "He plays these &#34;old&#34; hymns.",
    "overall": 5.0,
    "summary": "Hymns",
    "unixReviewTime": 1252800000,
    "reviewTime": "09 13, 2009",
}
REVIEW_2018 = {
    "overall": 4.0,
    "vote": "2",
    "verified": True,
    "reviewTime": "01 1, 2018",
    "reviewerID": "AUI6WTTT0QZYS",
    "asin": "5120053084",
    "style": {"Size:": "Large"},
    "reviewText": "Now I have four",
    "unixReviewTime": 1514764800,
}
REVIEW_2023 = {
    "rating": 2.0,
    "title": "Not so great",
    "text": "Broke<br />soon",
    "images": [],
    "asin": "B00VARIANT",
    "parent_asin": "B00YQ6X8EO",
    "user_id": "AGKHLEW2SOWHNMFQIJGBECAF7INQ",
    "timestamp": 1588687728923,
    "helpful_vote": 0,
    "verified_purchase": True,
}


def put(folder: Path, meta: list[str], reviews: list[str]) -> None:
    write(folder / "meta_Toys.json.gz", *meta)
    write(folder / "reviews_Toys_5.json.gz", *reviews)


def test_2014_metadata_is_python_and_reviews_are_json(tmp_path: Path) -> None:
    meta = (
        "{'asin': '0000031852', 'title': \"Girl's Tutu &amp; Bow\", 'price': 3.17, "
        "'description': 'Caf\\xe9 pink', 'related': {'also_bought': ['B00JHONN1S']}, "
        "'categories': [['Sports', 'Dance'], ['Sports', 'Girls']]}"
    )
    put(
        tmp_path,
        [meta, "{'asin': '0000031887', 'categories': [['Sports']]}"],
        [json.dumps(REVIEW_2014)],
    )
    assert items("amazon", tmp_path) == [
        Item("0000031852", "Girl's Tutu &amp; Bow", "Café pink", "Sports|Dance|Girls"),
        Item("0000031887", None, None, "Sports"),
    ]
    # 2009-09-13 00:00:00 UTC
    assert interactions("amazon", tmp_path) == [
        Interaction("A2SUAM1J3GNN3B", "0000013714", 5.0, 1252800000 * 1_000_000)
    ]


def test_python_is_read_as_a_literal_and_never_run(tmp_path: Path) -> None:
    proof = tmp_path / "ran"
    put(
        tmp_path,
        [f"{{'asin': open({str(proof)!r}, 'w').name}}", f"__import__('os').mkdir({str(proof)!r})"],
        [json.dumps(REVIEW_2014)],
    )
    reasons = [each.reason for each in items("amazon", tmp_path)]
    assert reasons == ["the line is neither JSON nor a Python dict"] * 2
    assert not proof.exists()


def test_2018_has_lists_and_pieces_of_pages_for_titles(tmp_path: Path) -> None:
    meta = {
        "category": ["Toys", "Puzzles"],
        "description": ["First.", "", "Second."],
        "title": "Puzzle",
        "also_buy": [],
        "feature": ["500 pieces", "First."],
        "rank": ">#8 in Toys",
        "asin": "5120053084",
    }
    page = {"asin": "512005309X", "title": "var aPageStart = (new Date()).getTime();"}
    put(tmp_path, [json.dumps(meta), json.dumps(page)], [json.dumps(REVIEW_2018)])
    assert items("amazon", tmp_path) == [
        Item("5120053084", "Puzzle", "First. Second. 500 pieces", "Toys|Puzzles"),
        Item("512005309X", None, None, None),
    ]
    assert interactions("amazon", tmp_path) == [
        Interaction("AUI6WTTT0QZYS", "5120053084", 4.0, 1514764800 * 1_000_000)
    ]


def test_2023_goes_by_parent_and_milliseconds(tmp_path: Path) -> None:
    meta = {
        "main_category": "Toys",
        "title": "Sea Mist 海霧",
        "features": [],
        "description": ["Tail \ud83d", "\ud83d\ude00"],
        "price": None,
        "categories": [],
        "parent_asin": "B00YQ6X8EO",
    }
    write(tmp_path / "meta_Toys.jsonl", json.dumps(meta))
    write(tmp_path / "Toys.jsonl", json.dumps(REVIEW_2023))
    (item,) = items("amazon", tmp_path)
    assert item[:2] == ("B00YQ6X8EO", "Sea Mist 海霧")
    assert interactions("amazon", tmp_path) == [
        Interaction("AGKHLEW2SOWHNMFQIJGBECAF7INQ", "B00YQ6X8EO", 2.0, 1588687728923 * 1000)
    ]


def without(review: dict, *names: str, **changed: object) -> str:
    return json.dumps({n: v for n, v in {**review, **changed}.items() if n not in names})


def test_broken_reviews_are_told_and_a_time_may_be_absent(tmp_path: Path) -> None:
    lines = [
        without(REVIEW_2014, "unixReviewTime"),
        without(REVIEW_2014)[:40],
        without(REVIEW_2014, "asin"),
        without(REVIEW_2014, "reviewerID"),
        without(REVIEW_2014, "overall"),
        without(REVIEW_2014, overall="five"),
        without(REVIEW_2014, overall=True),
        without(REVIEW_2014, unixReviewTime=1252800000000),
        without(REVIEW_2023, "parent_asin"),
        "[1, 2]",
        "[" * 200_000,
        without(REVIEW_2014, overall="4"),
    ]
    put(tmp_path, ["{'asin': 'B1'}"], lines)
    first, *broken, last = interactions("amazon", tmp_path)
    assert first == Interaction("A2SUAM1J3GNN3B", "0000013714", 5.0, None)
    assert last.rating == 4.0
    assert [(each.line, each.reason) for each in broken] == [
        (2, "the line is neither JSON nor a Python dict"),
        (3, "field 'asin' is missing"),
        (4, "field 'reviewerID' is missing"),
        (5, "field 'overall' is missing"),
        (6, "overall is no number"),
        (7, "overall is no number"),
        (8, "unixReviewTime is no time"),
        (9, "field 'parent_asin' is missing"),
        (10, "the line holds no object"),
        (11, "the line is neither JSON nor a Python dict"),
    ]
    assert {type(each) for each in broken} == {Broken}


def test_reviews_of_a_file_that_was_cut_off_are_read_up_to_the_cut(tmp_path: Path) -> None:
    write(tmp_path / "meta_Toys.json", "{'asin': 'B1'}")
    # Numbers that do not repeat, so that half of the file is about half of the lines.
    lines = "".join(
        without(REVIEW_2014, asin=f"{n * 7919**3 % 10**10}") + "\n" for n in range(5000)
    )
    content = gzip.compress(lines.encode())
    (tmp_path / "Toys.json.gz").write_bytes(content[: len(content) // 2])
    *reviews, cut = interactions("amazon", tmp_path)
    assert 1000 < len(reviews) < 5000
    assert {type(each) for each in reviews} == {Interaction}
    assert cut.reason == "the compressed data is damaged or cut off from here on"
    assert cut.line == len(reviews) + 1


def test_all_that_is_missing_is_named_at_once(tmp_path: Path) -> None:
    write(tmp_path / "ratings_Toys.csv", "A1,B1,5.0,1252800000")
    with pytest.raises(InputDataError, match=r"reviews \(.*\) and metadata \(.*ratings_Toys\.csv"):
        choose_set("amazon", [tmp_path])


def test_categories_are_read_together_and_a_file_in_both_forms_once(tmp_path: Path) -> None:
    for name in ("meta_Toys.json", "meta_Toys.json.gz", "meta_Books.jsonl.gz", "Toys_5.json"):
        write(tmp_path / name, "{}")
    chosen = choose_set("amazon", [tmp_path])
    assert {file.name for file in chosen.items.files} == {"meta_Toys.json", "meta_Books.jsonl.gz"}
    assert [file.name for file in chosen.interactions.files] == ["Toys_5.json"]
