"""The person's server: allow-list of routes, websocket gate, notebooks kept by the service, kernel socket."""
