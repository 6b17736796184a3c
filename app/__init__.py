"""Who asks: HTTP, database, jobs, command line, web page."""
