"""JupyterHub for Blotter: signs people in at the records service, spawns their servers, shows the System Management pages."""
