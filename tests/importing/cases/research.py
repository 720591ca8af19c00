"""The files of research sets: what is read, and what of them is no row."""

import json

from tests.importing.cases.case import Case

MOVIES = "1::Orbit (1999)::Sci-Fi\n2::Salt (2001)::Drama\n"
RATINGS = "7::1::5::978300000\n7::2::4::978300060\n8::1::3::978300120\n"
BOOK = json.dumps({"book_id": "5", "title": "Orbit", "description": "space"}) + "\n"
READ = {"user_id": "u", "book_id": "5", "rating": 4, "date_added": "", "date_updated": ""}
ARTICLES = '"doc.id","title","citeulike.id","raw.title","raw.abstract"\n1,"t",42,"Orbit","space"\n'


def movielens(title: str, movies: str = MOVIES, ratings: str = RATINGS, **more: object) -> Case:
    files = {"movies.dat": movies, "ratings.dat": ratings}
    return Case(title, "ml-1m", files, table="format movielens", **more)  # type: ignore[arg-type]


CASES = [
    movielens("MovieLens", rows=[{"items": 2, "interactions": 3}]),
    movielens(
        "MovieLens, a line of too few columns", f"{MOVIES}3::Bread\n",
        rows=[{"items": 2, "interactions": 3}], rejected={"the line has not 3 columns": 1},
    ),
    movielens(
        "MovieLens, a rating that is none", ratings=f"{RATINGS}8::2::five::978300000\n",
        rows=[{"items": 2, "interactions": 3}], rejected={"the rating is no number": 1},
    ),
    movielens(
        "MovieLens, a repeated rating", ratings=f"{RATINGS}7::1::4::978300000\n",
        rows=[{"items": 2, "interactions": 3}],
        rejected={"repeats user_id, item_id, interacted_at": 1},
    ),
    movielens(
        "MovieLens, cut off within a line", ratings=RATINGS[:-12],
        rows=[{"items": 2, "interactions": 2}], rejected={"the line has not 4 columns": 1},
    ),
    movielens("MovieLens without a good line", ratings="nothing\n", code=3, says=("ratings.dat",)),
    Case(
        "MovieLens without its films", "ml-1m", {"ratings.dat": RATINGS}, code=3,
        table="format movielens", says=("movies",),
    ),
    Case(
        "MovieLens as CSV", "ml", {
            "movies.csv": 'movieId,title,genres\n1,"Orbit, again",Sci-Fi\n',
            "ratings.csv": "userId,movieId,rating,timestamp\n7,1,4.5,1112486027\n",
        },
        [{"items": 1, "interactions": 1}], table="format movielens",
    ),
    Case(
        "Goodreads", "gr",
        {"goodreads_books_x.json": BOOK, "goodreads_interactions_x.json": json.dumps(READ) + "\n"},
        [{"items": 1, "interactions": 1}], table="format goodreads",
    ),
    Case(
        "Goodreads, a line that is no JSON", "gr", {
            "goodreads_books_x.json": f'{BOOK}{{"book_id": "6", \n',
            "goodreads_interactions_x.json": json.dumps(READ) + "\n",
        },
        [{"items": 1, "interactions": 1}], table="format goodreads",
        rejected={"the line is no JSON": 1},
    ),
    Case(
        "Amazon", "am", {
            "reviews_Toys.json": '{"reviewerID": "A1", "asin": "0001", "overall": 5.0, "unixReviewTime": 1112486027}\n',
            "meta_Toys.json": '{"asin": "0001", "title": "Orbit"}\n',
        },
        [{"items": 1, "interactions": 1}], table="format amazon",
    ),
]  # fmt: skip
