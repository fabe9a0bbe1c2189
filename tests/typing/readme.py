"""README's first example, as both type checkers see it; a test compares the two."""

import corechat

with corechat.Client() as client:  # Groq, with the key from GROQ_API_KEY, over httpx
    reply = client.complete(
        model="llama-3.3-70b-versatile",
        messages=[{"role": "user", "content": "Explain fast inference in one line."}],
    )
print(reply.text)
print(reply.usage, reply.request_id, reply.rate_limits.remaining_tokens)
