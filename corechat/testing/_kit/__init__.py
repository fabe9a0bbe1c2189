"""The conformance kit: its server, its promises, and what runs them."""
