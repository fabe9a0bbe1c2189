"""Log probabilities of an answer's tokens."""

from corechat.responses._base import Open, OpenResponse


class TopLogprob(OpenResponse):
    """Hold one likely token.

    Attributes:
        token: the token's text.
        logprob: its natural logarithm of probability.
        bytes: the token's UTF-8 bytes, since a token may be part of a character.
    """

    token: Open[str] = None
    logprob: Open[float] = None
    bytes: Open[list[int]] = None


class TokenLogprob(TopLogprob):
    """Hold one token of an answer, and the likeliest ones at its place.

    Attributes:
        top_logprobs: the likeliest tokens, as many as ``top_logprobs`` asked for.
    """

    top_logprobs: Open[list[TopLogprob]] = None


class Logprobs(OpenResponse):
    """Hold the log probabilities of a choice, token by token.

    Attributes:
        content: the answer's tokens.
        refusal: the refusal's tokens (OpenAI).
    """

    content: Open[list[TokenLogprob]] = None
    refusal: Open[list[TokenLogprob]] = None
