"""Cleans ids: no white space around them, nothing invisible in them.

Two ids that look the same are the same: `A1`, `A1` with a carriage return, a tab, a no-break
space, a byte order mark or a zero-width space.
"""

import re

# Code points that show nothing and take no room: they are removed wherever they stand.
INVISIBLE = (
    *((0x00AD, 0x00AD), (0x061C, 0x061C), (0x180E, 0x180E), (0x200B, 0x200F), (0x202A, 0x202E)),
    *((0x2060, 0x2064), (0x2066, 0x206F), (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF), (0xFFF9, 0xFFFB)),
    *((0xE0001, 0xE0001), (0xE0020, 0xE007F), (0xE0100, 0xE01EF)),
)
# Blanks of other widths than the common one: Unicode's category Zs.
BLANKS = (
    *((0x00A0, 0x00A0), (0x1680, 0x1680), (0x2000, 0x200A), (0x202F, 0x202F), (0x205F, 0x205F)),
    (0x3000, 0x3000),
)
# Control characters and line ends: Cc, Zl and Zp. Around an id they go, within it they are a fault.
CONTROLS = ((0x0000, 0x001F), (0x007F, 0x009F), (0x2028, 0x2029))
PLAIN = r"[\x21-\x7e]+"  # most ids: nothing to clean


def clean_id(text: str) -> str | None:
    """An id without what does not belong to it; None where nothing is left."""
    if re.fullmatch(PLAIN, text):
        return text
    visible = re.sub(_python_class(INVISIBLE), "", text)
    blank = re.sub(_python_class(BLANKS), " ", visible)
    around = _python_class(((0x20, 0x20), *CONTROLS))
    return re.sub(rf"\A{around}+|{around}+\Z", "", blank) or None


def _python_class(ranges: tuple[tuple[int, int], ...]) -> str:
    return "[" + "".join(f"\\U{a:08x}-\\U{b:08x}" for a, b in ranges) + "]"
