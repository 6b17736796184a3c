"""From a stored dataset to a stored plan: the chain as one plain function, and the durable work around it."""
