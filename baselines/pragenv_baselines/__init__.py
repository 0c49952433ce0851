"""Baseline agents for PragEnv: a ladder from silence to the oracle."""
