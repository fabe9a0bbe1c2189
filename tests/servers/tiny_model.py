"""Write a tiny GGUF model whose every word is known: the peer of the end-to-end tests.

The model is of the llama architecture, with one block whose attention and feed-forward weights are
zero. What is left is the residual: the one-hot embedding of the last token, looked up in the output
matrix. That matrix is a table, written by hand below, of which token follows which. So the model
is a first-order Markov chain, the same on every machine; chat template, tokenizer, grammar,
sampling, logprobs and usage around it are llama.cpp's own.

It says "Hi!" in a plain chat and after a tool's result. Where there are tools it calls one of them,
even with tool_choice "none", which llama.cpp leaves to the model; where several fit, the first
letter decides, in the order of `LOWER`. Held to a schema it writes a short instance of it, "ok", 1,
[] or {}, and stops. ``ignore_eos`` with ``max_tokens`` gives an answer of any length.

    python tests/servers/tiny_model.py tiny.gguf
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import gguf
import numpy as np
from gguf.vocab import bytes_to_unicode

EMBEDDING = 288  # the vocabulary, rounded up to a multiple of 32
HEADS = 9
FEED_FORWARD = 32
CONTEXT = 131_072
STEP = 8.0  # natural logarithm of the odds between one preference and the next

END, SYSTEM, USER, TOOL = "<|end|>", "<|system|>", "<|user|>", "<|tool|>"
SAY, CALL = "<|assistant|>", "<|act|>"  # where an answer, where a tool call begins
OPEN_CALL, CLOSE_CALL = "<tool_call>", "</tool_call>"
CONTROL = (END, SYSTEM, USER, TOOL, SAY, CALL)
SPECIAL = (*CONTROL, OPEN_CALL, CLOSE_CALL)
MERGED = "  "  # a gpt2 tokenizer must have a merge: two spaces

TEMPLATE = """\
{%- if tools -%}
<|system|>{%- for tool in tools -%}{{ tool | tojson }}{%- endfor -%}<|end|>
{%- endif -%}
{%- for message in messages -%}
{%- if message.role == "assistant" -%}
<|assistant|>{{ message.content or "" }}
{%- for call in message.tool_calls or [] -%}
<tool_call>{"name": {{ call.function.name | tojson }}, "arguments": \
{{ call.function.arguments | tojson }}}</tool_call>
{%- endfor -%}
{%- elif message.role == "tool" -%}
<|tool|>{{ message.content }}
{%- elif message.role == "user" -%}
<|user|>{{ message.content }}
{%- else -%}
<|system|>{{ message.content }}
{%- endif -%}
<|end|>
{%- endfor -%}
{%- if add_generation_prompt -%}
{%- if tools and messages[-1].role != "tool" -%}<|act|>{%- else -%}<|assistant|>{%- endif -%}
{%- endif -%}
"""

DIGITS = "1023456789"
LOWER = "okvlnabcdefghijmpqrstuwxyz"  # "value" and "leaf" before "left", "node" and "branch"
UPPER = LOWER.upper()
MARKS = "@._-/:+#?&=%~$*()"
VALUE = [*'1"tnf[{', *DIGITS, "-"]  # what begins a JSON value, the shortest first
CLOSE = [END, "}", "]", CLOSE_CALL, ","]  # what ends one
REST = [*DIGITS, *LOWER, *UPPER, *MARKS, *VALUE, *CLOSE, *" \n"]

NEXT: dict[str, Sequence[str]] = {
    SAY: ["H", *VALUE],
    CALL: [OPEN_CALL, "H", *VALUE],
    OPEN_CALL: ["{", "\n"],
    CLOSE_CALL: [END, "\n"],
    "{": ["}", '"'],
    "[": ["]", *VALUE],
    "}": CLOSE,
    "]": CLOSE,
    ":": VALUE,
    ",": VALUE,
    " ": VALUE,
    "\n": ['"', *CLOSE, *VALUE],
    '"': ["o", *CLOSE, ":", *LOWER],  # a string opens: "ok"; one has closed: no letter fits
    # A mark before a digit before a letter, so that a pattern such as [a-z]+@[a-z]+ gets on.
    **{letter: ['"', *MARKS] for letter in LOWER + UPPER},
    **{mark: ["o"] for mark in "@._-/"},
    **{digit: ['"', *CLOSE, "Z", *MARKS, *UPPER, *LOWER] for digit in DIGITS},
    "o": ["k", '"', *MARKS],
    "e": ['"', *CLOSE, *MARKS],  # true, false
    "l": ['"', *CLOSE, *MARKS],  # null
    "H": ["i", '"', *MARKS],
    "i": ["!", '"', *MARKS],
    "!": [END, '"'],
}
"""For each token the ones that may follow, the best first; `REST` follows every row."""


def vocabulary() -> list[str]:
    """List the tokens: every byte as a character of Latin-1, the merged one, the special ones."""
    return [*(chr(byte) for byte in range(256)), MERGED, *SPECIAL]


def output_matrix() -> "np.ndarray[tuple[int, int], np.dtype[np.float32]]":
    """Turn the table into the output matrix.

    Returns:
        One row a token, one column a token before it. The norm before it scales a one-hot vector
        by the square root of its length, which is divided out.
    """
    tokens = vocabulary()
    ids = {token: number for number, token in enumerate(tokens)}
    matrix = np.zeros((len(tokens), EMBEDDING), dtype=np.float32)
    for before, column in ids.items():
        ranked = dict.fromkeys([*NEXT.get(before, ()), *REST])
        for rank, after in enumerate(ranked):
            matrix[ids[after], column] = STEP * (len(tokens) - rank) / EMBEDDING**0.5
    return matrix


def write(path: Path) -> None:
    """Write the model.

    Args:
        path: the file to write.
    """
    tokens = vocabulary()
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name("tiny")
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(EMBEDDING)
    writer.add_block_count(1)
    writer.add_feed_forward_length(FEED_FORWARD)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(1)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_rope_dimension_count(EMBEDDING // HEADS)
    writer.add_vocab_size(len(tokens))

    to_unicode = bytes_to_unicode()
    spelled = [
        token if token in SPECIAL else "".join(to_unicode[ord(character)] for character in token)
        for token in tokens
    ]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(spelled)
    writer.add_token_types([_token_type(token) for token in tokens])
    space = to_unicode[ord(" ")]
    writer.add_token_merges([f"{space} {space}"])
    writer.add_eos_token_id(tokens.index(END))
    writer.add_add_bos_token(False)  # noqa: FBT003 - the library's signature
    writer.add_chat_template(TEMPLATE)

    head = EMBEDDING // HEADS
    shapes = {
        "attn_q": (EMBEDDING, EMBEDDING),
        "attn_k": (head, EMBEDDING),
        "attn_v": (head, EMBEDDING),
        "attn_output": (EMBEDDING, EMBEDDING),
        "ffn_gate": (FEED_FORWARD, EMBEDDING),
        "ffn_up": (FEED_FORWARD, EMBEDDING),
        "ffn_down": (EMBEDDING, FEED_FORWARD),
    }
    for name, shape in shapes.items():
        writer.add_tensor(f"blk.0.{name}.weight", np.zeros(shape, dtype=np.float32))
    for name in ("blk.0.attn_norm", "blk.0.ffn_norm", "output_norm"):
        writer.add_tensor(f"{name}.weight", np.ones(EMBEDDING, dtype=np.float32))
    writer.add_tensor("token_embd.weight", np.eye(len(tokens), EMBEDDING, dtype=np.float32))
    writer.add_tensor("output.weight", output_matrix())

    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _token_type(token: str) -> gguf.TokenType:
    if token in CONTROL:
        return gguf.TokenType.CONTROL
    return gguf.TokenType.USER_DEFINED if token in SPECIAL else gguf.TokenType.NORMAL


if __name__ == "__main__":
    write(Path(sys.argv[1]))
