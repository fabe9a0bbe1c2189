"""The corechat command."""
