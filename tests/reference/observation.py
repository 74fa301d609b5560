"""What an agent sees of its own position, from the meanings of ``POSITION_COLUMNS``."""

import numpy as np
from reference.episode import Episode


def position_block(episode: Episode) -> np.ndarray:
    """Return the position columns, rounded once to float32."""
    account = episode.account
    held = account.shares > 0
    value = 100.0 * account.shares * account.mark
    filled, wished = episode.last_order
    since_exit = episode.second - account.exit_second
    left = max(0, episode.deadline - episode.second)
    return np.array(
        [
            value / episode.max_position,
            10.0 * _within_one(value / account.cost - 1.0) if held else 0.0,
            10.0 * (1.0 - account.mark / account.peak_mark) if account.peak_mark else 0.0,
            _squashed(episode.second - account.entry_second, 60) if held else 0.0,
            _squashed(since_exit, 60) if account.exit_second >= 0 else 1.0,
            10.0 * _within_one(account.equity / account.start_equity - 1.0),
            account.cash / account.start_equity,
            filled / wished if wished else 0.0,
            _squashed(left, 600),
            float(episode.may_enter),
            float(bool(episode.closing)),
            *_orders(episode),
        ],
        np.float32,
    )


def _orders(episode: Episode) -> tuple[float, float, float, float]:
    """Return what speaks of the working order and of the stop."""
    working, stop, mark = episode.desk.working, episode.desk.stop, episode.account.mark
    size = distance = room = 0.0
    if working:
        value = 100.0 * (working.sign * working.left) * mark
        size = _within_ten(value / episode.max_position)
        distance = _within_ten(100.0 * (working.limit / mark - 1.0)) if mark else 0.0
    if stop and mark:
        room = _within_ten(10.0 * (1.0 - stop.price / mark))
    return size, distance, room, float(episode.desk.stop_is_due)


def _within_ten(value: float) -> float:
    return min(max(value, -10.0), 10.0)


def _within_one(value: float) -> float:
    return min(max(value, -1.0), 1.0)


def _squashed(seconds: int, scale: int) -> float:
    return seconds / (seconds + scale)
