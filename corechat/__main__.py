"""``python -m corechat``: the command."""

from corechat._cli import main

if __name__ == "__main__":
    main()
