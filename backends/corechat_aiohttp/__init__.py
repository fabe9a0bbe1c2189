"""corechat's built-in backend ``aiohttp``: run to completion for a synchronous caller."""
