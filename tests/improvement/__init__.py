"""Tests of the room improvement."""
