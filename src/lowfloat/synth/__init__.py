"""A synthetic low-float market that writes the same day store as real data."""

from lowfloat.synth.generate import FIRST_SESSION, synth_days, synthesize
from lowfloat.synth.options import Options
from lowfloat.synth.preset import Preset

__all__ = ["FIRST_SESSION", "Options", "Preset", "synth_days", "synthesize"]
