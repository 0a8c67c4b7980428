"""``python -I -m blotter_records.cli`` is ``blotter``."""

from blotter_records.cli.main import main

if __name__ == "__main__":
    main()
