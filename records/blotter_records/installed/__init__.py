"""The package lock: what is installed is what the lock file names, byte for byte, or nothing starts (11.10(a)).

Setting up installs packages from the lock by their hashes and then *seals* the environment: a list of every file with
its SHA-256, and a seal with the digest of that list and of the lock. Services compare before they start, a person's
server compares before each kernel. ``blotter packages`` shows what differs.
"""
