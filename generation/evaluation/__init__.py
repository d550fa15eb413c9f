"""Evaluation: how often the model draws what was asked for, and how far from photos its pictures are.

Judges learnt on real garments look at what a Studio draws. This package knows
pictures, looks and the contract of requests; it does not know how the model is
built or trained, and the program never needs it to draw.
"""

import os

os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")  # read when it is first imported
