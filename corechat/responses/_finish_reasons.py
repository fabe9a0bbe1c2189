"""What a finish_reason means, also where a server passes on the word of the model behind it."""

import re


def _word(finish_reason: object) -> str:
    # Gemini's endpoint writes "content_filter: PROHIBITED_CONTENT", others "maxTokens"
    word = finish_reason.partition(":")[0] if isinstance(finish_reason, str) else ""
    return re.sub("[^a-z]", "", word.lower()).removeprefix("finishreason")


# OpenAI's; Mistral's; Anthropic's and Gemini's own; Anthropic's for a full context
_CUT = frozenset(
    map(
        _word,
        (
            "length",
            "model_length",
            "max_length",
            "max_tokens",
            "max_new_tokens",
            "max_output_tokens",
            "max_completion_tokens",
            "token_limit",
            "length_limit",
            "context_length_exceeded",
            "truncated",
            "model_context_window_exceeded",
        ),
    )
)
# OpenAI's; Gemini's own; Zhipu's; Bedrock's
_FILTERED = frozenset(
    map(
        _word,
        (
            "content_filter",
            "content_filtered",
            "safety",
            "recitation",
            "blocklist",
            "prohibited_content",
            "spii",
            "image_safety",
            "sensitive",
            "guardrail_intervened",
        ),
    )
)


def is_cut(finish_reason: object) -> bool:
    """Tell whether an answer ended at a bound on its tokens."""
    return _word(finish_reason) in _CUT


def is_filtered(finish_reason: object) -> bool:
    """Tell whether a filter of the provider stopped an answer."""
    return _word(finish_reason) in _FILTERED
