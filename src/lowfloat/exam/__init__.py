"""Frozen evaluation on whole held-out days, beside baselines. Money only, no shaping."""
