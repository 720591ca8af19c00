"""Credentials do not leave the program in what it says."""

import doctest

import pytest

import mars_model.redact
from mars_model.redact import hide, redact, secret_values

SECRET = "Wj4/rXUtn+FEMI=K7MD"


def test_the_examples_hold() -> None:
    assert doctest.testmod(mars_model.redact).failed == 0


@pytest.mark.parametrize(
    "text",
    [
        "spark.hadoop.fs.s3a.secret.key={}",
        "--conf 'spark.hadoop.fs.s3a.secret.key={}' was refused",
        '{{"fs.s3a.secret.key": "{}", "a": 1}}',
        "{{'fs.azure.account.key.shop.dfs.core.windows.net': '{}'}}",
        "AWS_SECRET_ACCESS_KEY={}; AWS_REGION=eu",
        "'tracking.password' is '{}', but input should be text",
        "DefaultEndpointsProtocol=https;AccountName=shop;AccountKey={};EndpointSuffix=x",
        "cannot open s3a://AKIA:{}@shop/tables",
        "GET https://host/x?sig={}&se=2026",
        "GET https://host/x?X-Amz-Security-Token={}&X-Amz-Date=2026",
        "Authorization: Bearer {}",
        "password: {}",
        "password = {}",
        "fs.azure.sas.box.shop={}",
    ],
)
def test_what_is_called_a_secret_is_hidden_and_the_rest_stays(text: str) -> None:
    said = redact(text.format(SECRET))
    assert SECRET not in said
    assert SECRET[5:] not in said
    assert "***" in said
    before, after = text.format("|").split("|")
    assert said.startswith(before.rstrip("'\""))
    assert said.endswith(after.lstrip("'\""))


@pytest.mark.parametrize(
    "text",
    [
        "table items at s3a://shop/tables: version 3, keeps its contract",
        "abfss://tables@shop.dfs.core.windows.net/warehouse cannot be read",
        "http://host:5000/path/a@b: connection refused",
        "items: column 'keyword' not found, it has item_id, title",
        "file a.csv, line 7: 'The secret: a story' is no number",
        "Run: mars-batch train --set training.seed=4",
        "fs.s3a.aws.credentials.provider=org.apache.hadoop.fs.s3a.SimpleProvider",
        "mars-plus-0123456789ab: MAP@500 0.1234",
    ],
)
def test_ordinary_sentences_stay_as_they_are(text: str) -> None:
    assert redact(text) == text


def test_known_secrets_are_hidden_wherever_they_stand(monkeypatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "https://me:p%40ssw0rd@host")
    monkeypatch.setenv("PYSPARK_SUBMIT_ARGS", f"--conf spark.a.token={SECRET}x pyspark-shell")
    assert redact(f"denied to {SECRET}: and p@ssw0rd, p%40ssw0rd") == "denied to ***: and ***, ***"
    assert redact(f"<{SECRET}x>") == "<***>"
    assert hide(f"password: 5 {SECRET}", [SECRET]) == "password: 5 ***"


def test_short_and_telling_values_are_no_secrets() -> None:
    assert secret_values({"PWD": "/home/me", "OLDPWD": "/home", "TOKEN": "true"}) == ()
    assert secret_values({"fs.s3a.aws.credentials.provider": "org.apache.Simple"}) == ()
    assert secret_values({"spark.ssl.keyStore": "/store", "secret.file": "/run/secrets/x"}) == ()


@pytest.mark.parametrize("word", ["a", "token", "://", "x:y@", "s3a://a:", "secret key "])
def test_a_text_of_megabytes_is_read_in_one_go(word: str) -> None:
    assert redact(word * 20_000 + "password=abc").endswith("password=***")
