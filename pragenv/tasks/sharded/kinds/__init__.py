"""The kinds of instruction, a file each."""
