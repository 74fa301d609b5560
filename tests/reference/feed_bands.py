"""The price bands of a day whose feed says when trading stops and goes on."""

from reference.luld import LIMIT, PAUSED, Bands

FOREVER = 1 << 62


class FeedBands(Bands):
    """Bands that pause when they are told to, and not by themselves."""

    def time_passes(self, ns: int) -> None:
        if self.state == LIMIT and ns < self.closes:
            return
        super().time_passes(ns)

    def stop(self) -> None:
        """Follow the news of a halt."""
        if self.reference is not None:
            self.state, self.until = PAUSED, FOREVER

    def resume(self, ns: int) -> None:
        """Follow the news that trading goes on: the next print reopens."""
        if self.reference is not None:
            self.state, self.until = PAUSED, ns

    def limit_seconds(self, side: str, ns: int) -> float:
        """Return how long a limit state at ``up`` or ``down`` lasts by now."""
        lasts = self.state == LIMIT and self.side == side
        return (ns - self.since) / 1e9 if lasts else 0.0

    @property
    def known(self) -> bool:
        return self.reference is not None


