"""Learned agents: objectives at three altitudes over one core that samples conversations and updates a policy."""
