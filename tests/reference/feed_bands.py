"""The price bands of a day whose feed says when trading stops and goes on."""

from reference.luld import LIMIT, PAUSED, TRADING, Bands


class FeedBands(Bands):
    """Bands that a halt ends, and the next print begins anew."""

    def close_until_a_print(self) -> None:
        """Follow that a second ended in a halt."""
        self.reference, self.state = None, TRADING

    @property
    def hold(self) -> bool:
        return self.reference is not None and self.state != PAUSED

    def limit_seconds(self, side: str, ns: int) -> float:
        """Return how long a limit state at ``up`` or ``down`` lasts by now."""
        lasts = self.state == LIMIT and self.side == side
        return (ns - self.since) / 1e9 if lasts else 0.0
