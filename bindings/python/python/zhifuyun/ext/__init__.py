"""Adapters for web frameworks. Import the one you need; each needs its framework."""
