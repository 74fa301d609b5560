"""A synthetic low-float market that writes the same day store as real data."""

from lowfloat.synth.generate import synth_days, synthesize

__all__ = ["synth_days", "synthesize"]
