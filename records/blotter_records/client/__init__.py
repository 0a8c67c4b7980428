"""The typed client of the records service, for the hub, the person's server, the kernel and the command line."""

from blotter_records.client.records import RecordsClient, Tile

__all__ = ["RecordsClient", "Tile"]
