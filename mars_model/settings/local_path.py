"""A local folder that is named as a URL, as the plain path that it is."""

import re

_FILE = re.compile(r"file:(//)?(?P<path>.*)", re.IGNORECASE | re.DOTALL)


def plain_path(path: str) -> str:
    """`file:///folder` and `file:/folder` as `/folder`; anything else as it stands.

    As Hadoop has it, nothing is decoded: `%20` stands for itself.
    Raises ValueError where there is no path, or a host in front of it.

    >>> plain_path("file:///shop/tables"), plain_path("s3a://shop/tables"), plain_path("shop")
    ('/shop/tables', 's3a://shop/tables', 'shop')
    """
    if not path.strip():
        raise ValueError("it names no folder: expected a path, or . for the current one")
    match = _FILE.fullmatch(path)
    if match is None:
        return path
    if not match["path"].startswith("/"):
        raise ValueError("a file: URL needs three slashes, file:///folder, or leave file: out")
    return "/" + match["path"].lstrip("/")
