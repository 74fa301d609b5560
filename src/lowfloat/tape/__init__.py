"""What a tape reader sees at a second, from what was received before it only."""
