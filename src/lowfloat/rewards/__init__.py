"""What a trader would be praised or blamed for. One file per component, one rule, no memory."""
