"""Simulated users for PragEnv."""
