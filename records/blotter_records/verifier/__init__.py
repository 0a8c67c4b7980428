"""Checks a Blotter export bundle: that it is whole, genuine and unchanged. Needs Python 3.10 or newer, nothing else.

    python3 verify.py BUNDLE [--key KEYFILE] [--sha256 DIGEST]

BUNDLE is the ZIP file or the folder that it was unpacked into (default: the folder of this file).

    --key      the laboratory's verifier key, got by another way than the bundle (a key that travels only with the
               bundle proves nothing by itself)
    --sha256   the digest of the ZIP file as the trail of the installation has it (the entry that made the export)

Each fault is one line. The exit code is 0 only if everything verifies, 1 if there are faults, 2 if it could not check.

Standards: BagIt (RFC 8493), Merkle inclusion proofs (RFC 9162, 2.1.3.2), Ed25519 (RFC 8032, 5.1.7),
signed notes and checkpoints (c2sp.org/signed-note, c2sp.org/tlog-checkpoint).

The file ``verify.py`` is the modules of Blotter's package ``blotter_records.verifier``, one below the other.
"""
