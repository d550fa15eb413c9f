"""Fine-tuning of any Kandinsky 2.1 on pictures of products: prior and decoder, by LoRA, attention or in full.

settings   what is asked for
features   encoders' outputs, computed once
targets    the losses of the two stages
weights    which numbers are trained, and how they are written
loop       steps, checkpoints, resuming
sheets     pictures on fixed prompts
card       what is written beside the weights
costs      what it takes on which card
shell      the command line
"""
