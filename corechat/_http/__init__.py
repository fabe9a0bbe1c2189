"""HTTP as plain data: messages, content codings, and what a server says about waiting."""
