"""The guarded kernel: a cell is a command, and the operating system confines whoever gets past that."""
