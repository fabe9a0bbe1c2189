"""corechat's built-in backend ``llamacpp``: a local GGUF model in process, no network, no key."""
