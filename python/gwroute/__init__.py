"""The Gateway API, wherever Python runs."""
