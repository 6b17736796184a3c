"""Monitoring and early warning: how many children, against how many places, where and when, and how sure."""
