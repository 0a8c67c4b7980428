"""Pages about the installation: overview, logs, images, status, tasks."""
