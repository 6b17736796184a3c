"""What a planner asks (a scenario) and what the service answers (a plan document)."""
