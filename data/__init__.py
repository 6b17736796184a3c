"""What we know: domain classes, norms, column dictionary, importers, checks, forecast, sample districts."""
