"""Many requests: what `Client.map` does, and what `corechat batch` stands on.

How data flows:

    an iterable of requests
      -> Outcomes        pulls one request at a time, in its caller's thread, while there is room
      -> Work            one request and how to carry it: a callable, which pickles
      -> Workers         threads of its own, or the caller's `concurrent.futures.Executor`
      -> Client          one call each; the `Governor` of `_call` keeps the rate limits
      -> Outcome         a value: the response or the error
      -> on_outcome      told in the order in which outcomes come, in the caller's thread
      -> the caller      iterates: in the order of the requests, or as they come

`Outcomes` stops pulling when `StopWhen` says so, on `stop()`, on an error of the iterable or on
Ctrl-C. What was pulled and has not become an outcome is in its ``unfinished`` then.

This room stands below the client: it is handed a method of it, and does not import its class.
A file of many requests (``corechat batch``) goes through the same road:

    InputFile         reads and checks its lines, in OpenAI's and Groq's format
      -> BatchRun     maps those that the `Journal` does not have
      -> Journal      appends each answer to the output, whole, and goes on after any end
      -> Summary      reads the figures of a run; `write_report` draws them

`Template` builds an input of rows, and `ProviderBatches` has a provider run it by itself.
"""
