"""The records service's HTTP interface."""
