"""Backend ``pyreqwest``: requests sent by reqwest, a client written in Rust. The fast road."""
