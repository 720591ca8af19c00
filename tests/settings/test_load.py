"""Defaults, files, --set, and one sentence for all mistakes."""

import json
from pathlib import Path

import pytest
import yaml

from mars_model.errors import SettingsError
from mars_model.resources import resource_folder
from mars_model.settings import Settings, find_model_file, load_settings

CONF = resource_folder("conf")


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def refusal(*overrides: str, conf: Path | None = None) -> str:
    with pytest.raises(SettingsError) as caught:
        load_settings(conf, overrides)
    assert caught.value.exit_code == 2
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_defaults_serve_ten_items_and_take_every_event_for_a_like() -> None:
    settings = load_settings()
    assert settings.scoring.top_n == 10
    assert settings.likes.min_rating is None
    assert settings.likes.min_per_user == 1
    assert settings.warehouse.path == "warehouse"
    assert settings.documents.stop_words_language == "english"


def test_set_wins_over_the_file_and_the_file_over_the_defaults(tmp_path: Path) -> None:
    conf = write(tmp_path / "own.yaml", "scoring:\n  top_n: 20\n  n_reasons: 5\n")
    settings = load_settings(conf, ["scoring.top_n=7", "likes.min_rating=3.5"])
    assert settings.scoring.top_n == 7
    assert settings.scoring.n_reasons == 5
    assert settings.scoring.list_length == 384
    assert settings.likes.min_rating == 3.5


def test_the_last_of_several_sets_of_one_setting_wins() -> None:
    assert load_settings(overrides=["scoring.top_n=3", "scoring.top_n=4"]).scoring.top_n == 4


def test_set_takes_lists_mappings_and_values_with_an_equals_sign() -> None:
    settings = load_settings(
        overrides=[
            "documents.extra_columns=[genres, cast]",
            "sources.item_columns={item_id: sku}",
            "sources.item_columns.title=a=b",
        ]
    )
    assert settings.documents.extra_columns == ("genres", "cast")
    assert settings.sources.item_columns == {"item_id": "sku", "title": "a=b"}


def test_the_warehouse_option_wins_over_the_file(tmp_path: Path) -> None:
    conf = write(tmp_path / "own.yaml", "warehouse:\n  path: /elsewhere\n  models: /bundles\n")
    settings = load_settings(conf, warehouse="/here")
    assert settings.warehouse.path == "/here"
    assert settings.warehouse.models == "/bundles"


def test_without_conf_the_file_beside_the_tables_is_used(tmp_path: Path) -> None:
    write(tmp_path / "mars-batch.yaml", "scoring:\n  top_n: 6\n")
    other = write(tmp_path / "other.yaml", "likes:\n  min_per_user: 4\n")
    assert load_settings(warehouse=str(tmp_path)).scoring.top_n == 6
    assert load_settings(overrides=[f"warehouse.path={tmp_path}"]).scoring.top_n == 6
    assert load_settings(other, warehouse=str(tmp_path)).scoring.top_n == 10


def test_all_mistakes_are_named_in_one_sentence(tmp_path: Path) -> None:
    conf = write(
        tmp_path / "own.yaml",
        "scoring:\n  top_m: 3\n  top_n: 0\ntraining:\n  seed: soon\ncolour: red\n",
    )
    message = refusal(conf=conf)
    assert str(conf) in message
    assert "'scoring.top_m' is not a setting" in message
    assert "'colour' is not a setting" in message
    assert "'scoring.top_n' is 0, but" in message
    assert "'training.seed' is 'soon', but" in message


@pytest.mark.parametrize(
    ("override", "named"),
    [
        ("scoring.top_n=1001", "scoring.top_n"),
        ("scoring.top_n=2.5", "scoring.top_n"),
        ("scoring.top_n=", "scoring.top_n"),
        ("training.validation_share=1", "training.validation_share"),
        ("training.learning_rate=.inf", "training.learning_rate"),
        ("likes.min_rating=.nan", "likes.min_rating"),
        ("model.variant=My Model", "model.variant"),
        ("training.objective=other", "training.objective"),
        ("documents.extra_columns=genres", "documents.extra_columns"),
        ("likes=3", "likes"),
        ("warehouse=/data", "warehouse"),
        ("scoring.top_n=2026-13-01", "scoring.top_n"),
        ("scoring.top_n=[1", "scoring.top_n"),
        ("scoring", "key=value"),
        ("=3", "key=value"),
    ],
)
def test_a_wrong_set_is_refused_by_name(override: str, named: str) -> None:
    assert named in refusal(override)


def test_a_start_to_go_back_to_is_one_that_the_documents_gave() -> None:
    message = refusal("model.text_start=random", "training.start_decay=2")
    assert "training.start_decay is 2" in message and "model.text_start to lsa" in message


@pytest.mark.parametrize("override", ["model.text=cnn", "model.text_start=random"])
def test_word_vectors_that_nothing_reads_are_refused(override: str) -> None:
    message = refusal(override, "model.word_vectors=glove.txt")
    assert "glove.txt" in message and "set text to mean and text_start to lsa" in message


@pytest.mark.parametrize(
    ("name", "flags"),
    [
        ("mars", ("cnn", False, False, "softmax", "sampled")),
        ("mars-no-text", ("none", True, False, "softmax", "sampled")),
        ("mars-embed", ("mean", False, False, "softmax", "sampled")),
        ("mars-no-attention", ("cnn", False, False, "sum", "sampled")),
        ("mars-plus", ("mean", True, True, "evidence", "catalogue")),
    ],
)
def test_each_variant_is_a_file_that_says_all_of_its_flags(name: str, flags: tuple) -> None:
    conf = CONF / "models" / f"{name}.yaml"
    settings = load_settings(conf)
    model = settings.model
    assert model.variant == name
    assert flags == (
        *(model.text, model.has_free_vectors, model.has_item_bias, model.attention),
        settings.training.objective,
    )
    said = yaml.safe_load(conf.read_text(encoding="utf-8"))
    names = {"variant", "text", "has_free_vectors", "has_item_bias", "attention"}
    assert names <= set(said["model"])
    assert "objective" in said["training"]


def test_a_column_that_is_not_ours_is_refused_with_those_that_are() -> None:
    message = refusal("sources.user_segment_columns={country: land}")
    assert "user_segment_columns names ['country'], expected ['segment', 'user_id']" in message


def test_a_model_without_text_and_without_free_vectors_is_refused() -> None:
    assert "has_free_vectors" in refusal("model.text=none", "model.has_free_vectors=false")


def test_a_setting_below_a_value_is_refused() -> None:
    assert "'top_n' holds a value" in refusal("scoring.top_n=3", "scoring.top_n.more=4")


def test_a_warehouse_set_to_a_value_is_replaced_by_the_warehouse_option() -> None:
    assert load_settings(overrides=["warehouse=5"], warehouse="/x").warehouse.path == "/x"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"scoring: [", "not valid YAML"),
        (
            b"scoring: {top_n: 3}\nscoring: {top_n: 4}\n",
            "each name once, and as text, found 'scoring'",
        ),
        (b"? [a, b]\n: 3\n", "as text"),
        (b"sources:\n  item_columns:\n    title: @name\n", "line 3"),
        (b"title: \xff\xfe", "not valid YAML"),
        (b"- scoring\n- likes\n", "found list"),
        (b"!!python/object/apply:os.system ['true']", "not valid YAML"),
        (b"scoring: !!python/object:builtins.dict {}", "not valid YAML"),
    ],
)
def test_an_unusable_file_is_refused_by_name(tmp_path: Path, content: bytes, said: str) -> None:
    conf = tmp_path / "own.yaml"
    conf.write_bytes(content)
    message = refusal(conf=conf)
    assert str(conf) in message
    assert said in message


WORDS = (
    *("No", "Yes", "no", "yes", "on", "Off", "y", "true", "False", "null", "NULL", "~", "1e3"),
    *("012", "0x1F", "0o17", "1_000", "12:30", "2026-01-02", ".inf", ".nan", "1.50", "+5", "-5"),
    *("<<", "="),
)


@pytest.mark.parametrize("word", WORDS)
def test_a_setting_of_type_text_takes_the_words_as_they_stand(tmp_path: Path, word: str) -> None:
    columns = load_settings(overrides=[f"sources.item_columns.item_id={word}"]).sources.item_columns
    assert columns == {"item_id": word}
    in_mapping = [f"sources.item_columns={{item_id: {word}}}"]
    assert load_settings(overrides=in_mapping).sources.item_columns == {"item_id": word}
    text = f"sources:\n  item_columns:\n    item_id: {word}\n"
    sources = load_settings(write(tmp_path / "own.yaml", text)).sources
    assert sources.item_columns == {"item_id": word}


@pytest.mark.parametrize("word", [word for word in WORDS if word != "="])
def test_so_does_a_list_of_texts(tmp_path: Path, word: str) -> None:
    extra = load_settings(overrides=[f"sources.extra_item_columns=[{word}, b]"])
    assert extra.sources.extra_item_columns == (word, "b")
    text = f"sources:\n  extra_item_columns:\n  - {word}\n"
    sources = load_settings(write(tmp_path / "own.yaml", text)).sources
    assert sources.extra_item_columns == (word,)


@pytest.mark.parametrize(
    "name", ["a b", "a`b", "a,b", "a;b", "a=b", "a(b)", "a\nb", " ", "", "a{b}"]
)
@pytest.mark.parametrize("setting", ["sources.extra_item_columns", "documents.extra_columns"])
def test_a_name_that_no_table_can_have_is_refused(setting: str, name: str) -> None:
    quoted = json.dumps(name)
    assert "is no name that a table can have" in refusal(f"{setting}=[{quoted}]")


@pytest.mark.parametrize("name", ["a b", "a`b", "a,b", "a{b}"])
def test_the_column_of_years_is_one_that_a_table_can_have(name: str) -> None:
    assert "is no name that a table can have" in refusal(f"documents.year_column={name}")


@pytest.mark.parametrize(
    ("override", "needed"),
    [
        ("documents.year_column=title", ("genres",)),
        ("documents.year_column=text", ("genres",)),
        ("documents.year_column=null", ("genres",)),
        ("documents.year_column=genres", ("genres",)),
        ("documents.year_column=made", ("genres", "made")),
    ],
)
def test_columns_beside_title_and_text_are_needed_once(
    override: str, needed: tuple[str, ...]
) -> None:
    found = load_settings(overrides=["documents.extra_columns=[genres]", override])
    assert found.documents.added_columns == needed


@pytest.mark.parametrize(
    "words",
    ["@price", "*", "a: b", "a #b", "#a", "[x", "{x", "%x", "!x", "&x", '"x" y', "- x", "ü|"],
)
def test_a_set_of_type_text_needs_no_quotes(words: str) -> None:
    found = load_settings(overrides=[f"sources.item_columns.title={words}"])
    assert found.sources.item_columns == {"title": words}


@pytest.mark.parametrize("quoted", ['"No"', "'No'", ' "No" ', "No ", '"N\\x6f"'])
def test_a_set_of_type_text_may_be_quoted(quoted: str) -> None:
    found = load_settings(overrides=[f"sources.item_columns.title={quoted}"])
    assert found.sources.item_columns == {"title": "No"}


def test_a_name_of_ours_stays_text_too() -> None:
    found = load_settings(
        overrides=["sources.extra_item_columns=[No]", "sources.item_columns={No: Nein}"]
    )
    assert found.sources.item_columns == {"No": "Nein"}


def test_null_means_null_where_a_setting_may_be_null() -> None:
    none = ["warehouse.models=null", "likes.min_rating=~", "tracking.uri="]
    found = load_settings(overrides=["warehouse.models=/x", "likes.min_rating=4", *none])
    assert (found.warehouse.models, found.likes.min_rating, found.tracking.uri) == (None,) * 3
    assert "sources.item_columns.title" in refusal("sources.item_columns.title=")


@pytest.mark.parametrize(
    ("word", "top_n"), [("012", 12), ("1e1", 10), ("0x1F", 31), ("0o17", 15), ("+5", 5)]
)
def test_numbers_are_read_as_yaml_1_2_reads_them(tmp_path: Path, word: str, top_n: int) -> None:
    conf = write(tmp_path / "own.yaml", f"scoring: {{top_n: {word}}}\n")
    assert load_settings(conf).scoring.top_n == top_n
    assert load_settings(overrides=[f"scoring.top_n={word}"]).scoring.top_n == top_n


@pytest.mark.parametrize(("word", "is_on"), [("true", True), ("no", False), ("Off", False)])
def test_a_switch_takes_the_words_for_on_and_off(word: str, is_on: bool) -> None:
    assert load_settings(overrides=[f"model.has_item_bias={word}"]).model.has_item_bias is is_on


def test_mappings_are_merged_and_repeated_by_reference(tmp_path: Path) -> None:
    text = "scoring: &s {top_n: 7}\naudit: {min_overlap: 0.1}\nlikes:\n  <<: {min_per_user: 3}\n"
    found = load_settings(write(tmp_path / "own.yaml", text))
    assert (found.scoring.top_n, found.likes.min_per_user) == (7, 3)


def test_a_python_tag_in_a_set_is_refused_and_not_run(tmp_path: Path) -> None:
    touched = tmp_path / "touched"
    refusal(f"scoring.top_n=!!python/object/apply:os.mkdir ['{touched}']")
    assert not touched.exists()


def test_a_missing_file_or_a_folder_is_refused_with_what_to_do(tmp_path: Path) -> None:
    message = refusal(conf=tmp_path / "none.yaml")
    assert "none.yaml" in message
    assert "--conf" in message
    assert "cannot be read" in refusal(conf=tmp_path)


def test_an_empty_file_means_the_defaults(tmp_path: Path) -> None:
    conf = write(tmp_path / "own.yaml", "# nothing yet\n")
    assert load_settings(conf) == Settings()


@pytest.mark.parametrize(
    "conf",
    sorted(path for path in CONF.rglob("*.yaml") if path.name != "audit.yaml"),
    ids=lambda path: path.name,
)
def test_every_settings_file_of_the_repository_loads(conf: Path) -> None:
    assert isinstance(load_settings(conf), Settings)


def test_the_reference_file_lists_every_setting_at_its_default() -> None:
    conf = CONF / "mars-batch.yaml"
    assert load_settings(conf) == Settings()
    listed = yaml.safe_load(conf.read_text(encoding="utf-8"))
    expected = Settings().model_dump()
    assert {name: set(branch) for name, branch in listed.items()} == {
        name: set(branch) for name, branch in expected.items()
    }


def test_settings_cannot_be_changed_once_loaded() -> None:
    with pytest.raises(ValueError, match="frozen"):
        load_settings().scoring.top_n = 3


@pytest.mark.parametrize("name", ["goodbooks", "ml-latest-small", "movietweetings-100k"])
def test_one_set_of_defaults_trains_on_every_data_set(name: str) -> None:
    conf = CONF / "datasets" / f"{name}.yaml"
    assert set(yaml.safe_load(conf.read_text(encoding="utf-8"))) == {
        "likes",
        "sources",
        "documents",
    }
    for model in ("mars-plus", "mars"):
        found = load_settings(conf, model=find_model_file(model))
        alone = load_settings(model=find_model_file(model))
        assert (found.model, found.training) == (alone.model, alone.training)


def test_a_comparison_tries_one_setting_of_each_model_at_least() -> None:
    assert load_settings(overrides=["evaluation.n_trials=3"]).evaluation.n_trials == 3
    assert "evaluation.n_trials" in refusal("evaluation.n_trials=0")


LAUGHS = "a: &a [x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join(['*' + below] * 9)}]\n"
    for below, name in zip("abcdefghi", "bcdefghij", strict=True)
)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (LAUGHS, "expected 20,000 values at most, aliases counted"),
        (LAUGHS.replace("[", "{<<: [").replace("]", "]}"), "expected "),
        ("a: &a [*a]\n", "expected no value that stands in itself"),
        ("a: &a\n  b: *a\n", "expected no value that stands in itself"),
        ("[" * 100_000, "expected 20 levels at most"),
        ("- " * 100_000, "expected 20 levels at most"),
        ("{a: " * 500_000, "expected 1,048,576 bytes at most"),
        ("a: !!python/object/apply:os.system [exit 1]\n", "could not determine a constructor"),
        ("a: !!python/name:os.system\n", "could not determine a constructor"),
        ("? [a, b]\n: 1\n", "expected each name once, and as text"),
        ("a: \x00\n", "special characters are not allowed"),
        (f"training:\n  seed: {'9' * 5000}\n", "Exceeds the limit"),
    ],
)
def test_yaml_that_would_not_end_or_run_something_is_refused(
    tmp_path: Path, text: str, said: str
) -> None:
    message = refusal(conf=write(tmp_path / "own.yaml", text))
    assert "not valid YAML" in message
    assert said in message
    assert len(message) < 1000


def test_a_deep_value_of_a_set_is_refused() -> None:
    assert "not valid YAML" in refusal("sources.item_columns=" + "[" * 50_000)


def test_many_names_are_read_in_a_moment(tmp_path: Path) -> None:
    names = "".join(f"  n{n}: {n}\n" for n in range(9_000))
    message = refusal(conf=write(tmp_path / "own.yaml", f"sources:\n{names}"))
    assert "'sources.n49' is not a setting; and 8,950 more" in message
