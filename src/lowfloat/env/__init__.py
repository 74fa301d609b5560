"""The Gymnasium environment: one scalar step over market, account and rewards."""
