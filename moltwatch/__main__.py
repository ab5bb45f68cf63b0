"""``python -m moltwatch`` is the same as the ``moltwatch`` command."""

from moltwatch.cli import main

if __name__ == "__main__":
    main()
