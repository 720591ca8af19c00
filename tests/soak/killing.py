"""Commands that are killed, at one boundary or at one after the other."""

import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from tests.soak import figures
from tests.soak.conftest import Undisturbed
from tests.soak.faults import Plan
from tests.soak.shop import NO_ROWS, Ended, Reader, Warm, run


def killed(shop: Path, plan: Plan, *words: str) -> Ended:
    """Run a command until it is killed, or to its end where it does not come by."""
    ended = run(shop, replace(plan, root=str(shop), do="kill"), *words)
    if ended.exit_code == -signal.SIGKILL:
        figures.counts["kills"] += 1
        figures.counts["kills at boundaries"] += 1
    else:
        assert ended.exit_code == 0, ended.stderr
    return ended


def kill_in_turn(
    whole: Undisturbed,
    folder: Path,
    warm: Warm,
    at_end: Callable[[Path], None],
    between: Callable[[Path], None] = lambda shop: None,
) -> None:
    """Kill a command at each of its boundaries, one after the other, and once behind the last.

    What one kill leaves is what the next run finds. Where a run does not come by a boundary again,
    since what was done before stands, the next ones are killed in a shop of their own. `between`
    is asked after each kill, `at_end` where the command came to its end.
    """
    names = [*dict.fromkeys(whole.boundaries)]
    plans = [Plan(root="", named=name) for name in names]
    plans.append(Plan(root="", named=names[-1], is_after=True))
    if len(names) < len(whole.boundaries):  # it does the same again, for a second date
        plans.append(Plan(root="", named=names[0]))
    while plans:
        shop = whole.copy(folder / f"with {len(plans)} to come")
        n_before = len(plans)
        with Reader(shop) as reader:
            while plans and killed(shop, plans[0], *whole.words).exit_code:
                plans.pop(0)
                between(shop)
            assert len(plans) < n_before, (plans[0], whole.boundaries)
            if not plans:
                again = warm.run(shop, *whole.words)
                assert again.exit_code == 0, again.stderr
                again.assert_sentence()
        assert_whole(reader, whole)
        at_end(shop)


def assert_whole(reader: Reader, whole: Undisturbed) -> None:
    """Every date that readers saw was as before the command or behind it, and something stood."""
    assert reader.failed == []
    before, after = whole.states()
    for seen in reader.seen:
        for day, rows in seen.items():
            assert rows in (before.get(day), after.get(day)), (day, seen)
        assert before.keys() & after.keys() <= seen.keys()
    assert not before or NO_ROWS not in reader.views
