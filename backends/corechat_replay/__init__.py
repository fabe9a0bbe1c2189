"""corechat's built-in backend."""
