"""JupyterHub for Blotter: signs people in at the records service, spawns servers, System Management pages."""
