"""Training: of the embedded model, stage by stage, and of any Kandinsky 2.1 on a catalogue of products."""

import os

os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")  # read when it is first imported
