"""The cases as a page: python -m tests.importing.cases.page writes docs/inputs.md."""

from pathlib import Path

from tests.importing.cases import columns, research, rows, values
from tests.importing.cases.case import Case

ALL = (
    ("Columns", columns.CASES),
    ("Values", values.CASES),
    ("Rows and files", rows.CASES),
    ("Research sets (`--format`), rows by table", research.CASES),
)
_PAGE = Path(__file__).parents[3] / "docs" / "inputs.md"
_HEAD = """# What becomes of an input

Each line is a file that was given to `mars-batch import --dry-run`, and what came of it. The lines are
the cases of `tests/importing/cases/`, which `make test` runs: this page is written from them with
`python -m tests.importing.cases.page` and cannot say anything else.

The rules behind them:

- **Columns** are found by their names without regard to case, blanks or invisible marks around them.
  What else a column may be called is said in `sources` of the settings; names that look like one of
  ours are offered, and not taken unasked, but for `timestamp`. The import shows what became of every
  column, and `--dry-run` shows it with three rows and writes nothing.
- **Ids** lose white space and invisible characters around them. They are whole numbers of 64 bits where
  all of them are, else text.
- **Times** of a column are all read by one rule, which is chosen by what they look like and shown.
- **Columns that a file does not have** stay as they are in the table. All files of a command are checked
  before any table is written. Rows that break the contract are in `rejected_rows` with their reason.

`␍` is a carriage return, `⇥` a tab, `⏎` a line end. Exit codes: 0 read, 2 wrong settings, 3 refused.
"""


def page() -> str:
    """The whole page."""
    parts = [_HEAD]
    for kind, cases in ALL:
        parts.append(f"\n## {kind}\n\n| case | input | what comes of it |\n| --- | --- | --- |\n")
        parts += [f"| {case.title} | {_input(case)} | {_outcome(case)} |\n" for case in cases]
    return "".join(parts)


def _input(case: Case) -> str:
    options = f" with `{' '.join(case.options)}`" if case.options else ""
    return f"`{_cell(case.name)}`: `` {_cell(case.shown)} ``{options}"


def _outcome(case: Case) -> str:
    said = "; ".join(f"“{_cell(part)}”" for part in case.says)
    if case.code:
        return f"{case.code}: {said}"
    read = [", ".join(f"{name} `{_cell(str(v))}`" for name, v in row.items()) for row in case.rows]
    lost = [f"rejected: {_cell(reason)}: {n}" for reason, n in case.rejected.items()]
    return "; ".join([*read, *lost, *([said] if said else [])])


def _cell(text: str) -> str:
    shown = "".join(c if c.isprintable() else f"\\\\u{ord(c):04x}" for c in text)
    return shown.replace("|", "\\\\|")


if __name__ == "__main__":
    _PAGE.write_text(page(), encoding="utf-8")
