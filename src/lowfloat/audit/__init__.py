"""Shows that nothing known at a second depends on what came after it."""
