"""The person's server: an allow-list of routes, the websocket gate, notebooks kept by the records service, the kernel's socket."""
