"""The durable job: accepted, queued, drawing, drawn, sending, delivered."""
