"""Kind A: a column that is not understood is never dropped without a word."""

from tests.importing.cases.case import Case

ORBIT = {"item_id": 1, "title": "Orbit"}
EVENT = {"user_id": 1, "item_id": 2, "rating": 5.0}

CASES = [
    Case("our names", "i.csv", "item_id,title\n1,Orbit\n", [ORBIT]),
    Case("capitals", "i.csv", "Item_ID,TITLE\n1,Orbit\n", [ORBIT], ("title from 'TITLE'",)),
    Case("blanks around names", "i.csv", "item_id, title\n1, Orbit\n", [ORBIT]),
    Case("a tab around a name", "i.csv", "item_id,\ttitle\t\n1,Orbit\n", [ORBIT]),
    Case("a no-break space", "i.csv", "item_id,\u00a0title\n1,Orbit\n", [ORBIT]),
    Case("a byte order mark", "i.csv", "\ufeffitem_id,title\n1,Orbit\n", [ORBIT]),
    Case("a zero-width space in a name", "i.csv", "item_id,ti\u200btle\n1,Orbit\n", [ORBIT]),
    Case("full-width letters", "i.csv", "ｉtem_id,title\n1,Orbit\n", [ORBIT]),
    Case("quoted names", "i.csv", '"item_id","title"\n1,Orbit\n', [ORBIT]),
    Case("JSON, capitals", "i.jsonl", '{"ITEM_ID": 1, "Title": "Orbit"}\n', [ORBIT]),
    Case(
        "a column that is not ours", "i.csv", "item_id,title,price\n1,Orbit,3\n", [ORBIT],
        ("not used: 'price'",),
    ),
    Case(
        "what nothing was read for", "i.csv", "item_id\n1\n", [{"item_id": 1}],
        ("nothing read for: title", "nothing read for: available_until"),
    ),
    Case(
        "two columns for one of ours", "i.csv", "item_id,title,TITLE\n1,Orbit,ORBIT\n", code=3,
        says=("several of its columns would be one of ours (title: 'title', 'TITLE')",),
    ),
    Case(
        "the same name twice", "i.csv", "item_id,title,title\n1,a,b\n", code=3,
        says=("(title: 'title', 'title')",),
    ),
    Case(
        "JSON, two spellings", "i.jsonl", '{"item_id": 1, "title": "a", "Title": "b"}\n', code=3,
        says=("(title: 'title', 'Title')",),
    ),
    Case(
        "which of two is meant can be said", "i.csv", "item_id,title,TITLE\n1,no,Orbit\n", [ORBIT],
        ("not used: 'title'",), options=("--set", "sources.item_columns.title=TITLE"),
    ),
    *(
        Case(
            f"ids called {name}", "i.csv", f"{name},title\n1,Orbit\n", code=3,
            says=("column 'item_id' not found", f"--set sources.item_columns.item_id={name}"),
        )
        for name in ("sku", "productId", "movieId", "isbn", "asin", "article", "ITEM-ID")
    ),
    *(
        Case(
            f"users called {name}", "e.csv", f"{name},item_id\n1,2\n", code=3, table="interactions",
            says=("column 'user_id' not found", f"--set sources.interaction_columns.user_id={name}"),
        )
        for name in ("userId", "customer", "customer_id", "reviewerID", "visitor_id", "account")
    ),
    Case(
        "several missing at once", "e.csv", "customer,sku\n1,2\n", code=3, table="interactions",
        says=("interaction_columns.user_id=customer --set sources.interaction_columns.item_id=sku",),
    ),
    Case(
        "nothing like ours", "i.csv", "a,b\n1,2\n", code=3,
        says=("column 'item_id' not found, it has a, b", "item_id=NAME"),
    ),
    Case(
        "a setting names a column that is not there", "i.csv", "item_id,title\n1,Orbit\n", code=3,
        says=("column 'label' not found",), options=("--set", "sources.item_columns.title=label"),
    ),
    Case(
        "a setting matches in any spelling", "i.csv", "SKU,Name\n1,Orbit\n", [ORBIT],
        options=("--set", "sources.item_columns={item_id: sku, title: name}"),
    ),
    Case(
        "an extra column that is kept", "i.csv", "item_id,Genres\n1,space\n",
        [{"item_id": 1, "genres": "space"}],
        options=("--set", "sources.extra_item_columns=[genres]"),
    ),
    Case(
        "an extra column that is missing", "i.csv", "item_id\n1\n", code=3,
        says=("column 'genres' not found",),
        options=("--set", "sources.extra_item_columns=[genres]"),
    ),
    Case(
        "a name with a dot and a back-quote", "i.csv", "item_id,a.`b\n1,x\n", [{"item_id": 1}],
        ("not used: 'a.`b'",),
    ),
    Case("a column without a name", "i.csv", "item_id,\n1,x\n", [{"item_id": 1}], ("not used: ''",)),
    Case(
        "ratings called stars", "e.csv", "user_id,item_id,stars\n1,2,5\n", table="interactions",
        rows=[{"user_id": 1, "item_id": 2}],
        says=("--set sources.interaction_columns.rating=stars",),
    ),
    Case(
        "ratings that a setting needs", "e.csv", "user_id,item_id,stars\n1,2,5\n", code=3,
        table="interactions", options=("--set", "likes.min_rating=4"),
        says=("column 'rating' not found", "rating=stars"),
    ),
    Case(
        "a time called timestamp", "e.csv", "user_id,item_id,rating,timestamp\n1,2,5,0\n",
        [{**EVENT, "interacted_at": "1970-01-01 00:00:00"}], table="interactions",
    ),
    Case(
        "a time that was not mapped, and rows that it would tell apart", "e.csv",
        "user_id,item_id,ordered_at\n1,2,2026-01-01\n1,2,2026-01-02\n", code=3,
        table="interactions",
        says=("1 rows repeat a user and item", "interacted_at=ordered_at"),
    ),
    Case(
        "the same, without repeats", "e.csv", "user_id,item_id,ordered_at\n1,2,2026-01-01\n",
        [{"user_id": 1, "item_id": 2}], ("'ordered_at' looks like it",), table="interactions",
    ),
]  # fmt: skip
