"""The system of record on PostgreSQL."""

from blotter_records.adapters.postgres.ledger import PostgresLedger

__all__ = ["PostgresLedger"]
