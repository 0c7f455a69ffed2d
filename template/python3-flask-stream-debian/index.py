"""Entry of a function's process: `python index.py`."""

from faas_stream.engine.process import main

if __name__ == "__main__":
    main()
