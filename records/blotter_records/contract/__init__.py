"""What goes over the wire between the records service and everybody else (pydantic, JSON).

Nothing here decides anything: who, role, time, number and digest in these models always come from the service.
"""
