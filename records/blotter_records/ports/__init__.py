"""What the services need from outside, as protocols. Each says what comes back, when None, and what is raised."""
