"""Pages about what holds: roles, policies, signature requirements, who is told of an alarm, widgets."""
