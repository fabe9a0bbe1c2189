"""The process of `LlamaServer`: run llama.cpp's server until standard input ends.

Prints one line, the address, once the model is loaded. Takes its settings as one JSON object.
"""

import json
import os
import sys

import xllamacpp  # type: ignore[import-untyped]  # it ships no stubs


def main() -> None:
    """Run the server that the first argument describes."""
    settings = json.loads(sys.argv[1])
    os.environ["GGML_NO_BACKTRACE"] = "1"  # no debugger where llama.cpp aborts
    params = xllamacpp.CommonParams()
    params.model.path = settings["model_path"]
    params.model_alias = {settings["alias"]}
    params.hostnames = ["127.0.0.1"]
    params.port = settings["port"]
    params.api_keys = [settings["api_key"]] if settings["api_key"] else []
    params.n_parallel = settings["n_parallel"]
    params.n_ctx = settings["n_ctx"] * settings["n_parallel"]
    params.chat_template = settings["chat_template"]
    params.use_jinja = True
    params.cache_prompt = False  # with a cache, usage depends on what was asked before
    params.fit_params = False
    params.ui = False
    params.verbosity = -1
    params.sampling.seed = 1
    params.sampling.temp = settings["temperature"]
    params.cpuparams.n_threads = 1  # two threads spin against each other on busy cores
    params.cpuparams_batch.n_threads = 1
    server = xllamacpp.Server(params)
    print(server.listening_address, flush=True)  # noqa: T201 - the caller waits for it
    sys.stdin.read()
    os._exit(0)  # no waiting for answers under way: nobody is left to read them


if __name__ == "__main__":
    main()
