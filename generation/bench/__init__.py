"""Bench: this engine and stock diffusers pipelines on the same weights, loads and clock, in one run."""
