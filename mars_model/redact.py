"""Takes credentials out of what leaves the program: sentences, logs, results, parameters."""

import os
import re
from collections.abc import Iterable, Mapping
from urllib.parse import unquote

HIDDEN = "***"
# Shorter ones would blank ordinary words wherever they stand.
_SHORTEST = 6
_WORDS = (
    r"secret|passw(?:or)?d|passphrase|[._-]pwd|token|signature|fs\.azure\.sas"
    r"|(?:access|account|storage|private|api|encryption|shared)[._-]?key"
)
# Says something about a credential and is none.
_ABOUT = r"(?:file|path|provider|class|type|enabled|duration|ttl|interval|renewer|service|location)"
_VALUE = r"""(?:"[^"]*"|'[^']*'|[^\s,;&'")\]}]+)"""
# scheme://user:password@host; S3's secrets hold slashes. No pattern can begin anywhere in a long
# word: what is read here may be megabytes.
_URLS = (
    re.compile(r"(\bs3[an]?://[^/\s@:]{1,200}:)([^\s'\"@]{1,500})@", re.IGNORECASE),
    re.compile(r"(://[^/\s@:'\"]{0,200}:)([^/\s@'\"]{1,500})@"),
)
_PATTERNS = (
    *((url, r"\1***@") for url in _URLS),
    (re.compile(r"(\bhttps?://)[^/\s@:'\"]{1,500}@", re.IGNORECASE), r"\1***@"),
    (re.compile(r"([?&]sig=)[^&\s'\"]{1,2000}", re.IGNORECASE), r"\1***"),
    (re.compile(r"(\b(?:bearer|basic)\s+)[\w.~+/=-]{8,}", re.IGNORECASE), r"\1***"),
    # name=value, 'name': value, 'name' is value, password: value
    (
        re.compile(
            rf"((?:{_WORDS})[\w.-]{{0,200}}(?:\s?=\s?|['\"]\s?:\s?|['\"] is ))(?!\s){_VALUE}",
            re.IGNORECASE,
        ),
        r"\1***",
    ),
    (re.compile(rf"(passw(?:or)?d\s?:\s?){_VALUE}", re.IGNORECASE), r"\1***"),
)


def redact(text: str, known: Iterable[str] = ()) -> str:
    """A sentence without passwords in URLs, values of names that say so, and known secrets.

    `known` stand beside those of the environment. For words of ours, not for people's data.

    >>> redact("fs.s3a.secret.key=abc/d in s3a://me:pw@shop/x, postgresql://me:pw@host/db")
    'fs.s3a.secret.key=*** in s3a://me:***@shop/x, postgresql://me:***@host/db'
    >>> redact("'tracking.token' is 'abc', but expected none")
    "'tracking.token' is ***, but expected none"
    """
    for pattern, instead in _PATTERNS:
        text = pattern.sub(instead, text)
    return hide(text, {*known, *secret_values(os.environ)})


def hide(text: str, known: Iterable[str]) -> str:
    """A text without known secrets; all else stays as it is."""
    for value in sorted(known, key=len, reverse=True):
        text = text.replace(value, HIDDEN)
    return text


def secret_values(named: Mapping[str, str]) -> tuple[str, ...]:
    """The secrets among some settings: by their names, in URLs, and in options inside values.

    >>> sorted(secret_values({"spark.hadoop.fs.s3a.secret.key": "abcdef", "uri": "x://me:123456@h"}))
    ['123456', 'abcdef']
    """
    found: set[str] = set()
    for name, value in named.items():
        if _is_secret(name):
            found.add(value)
        found |= {match[2] for url in _URLS for match in url.finditer(value)}
        found |= {
            m[2].strip("'\"")
            for m in re.finditer(rf"((?:{_WORDS})[\w.-]{{0,200}})=({_VALUE})", value, re.IGNORECASE)
            if _is_secret(m[1])
        }
    both = {form for value in found for form in (value, unquote(value))}
    return tuple(value for value in both if len(value) >= _SHORTEST)


def _is_secret(name: str) -> bool:
    is_named = re.search(rf"{_WORDS}|(?:^|[._-])key$", name, re.IGNORECASE)
    return bool(is_named) and not re.search(rf"{_ABOUT}[\w-]*$", name, re.IGNORECASE)
