"""The HTTP API: one module a resource, each parsing a request, calling one thing and returning a reply."""
