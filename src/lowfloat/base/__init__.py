"""Words every stage shares. Imports nothing else of the package but its errors."""
