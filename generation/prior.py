"""The prior's pass without the padding of its texts.

A text fills ten of the prior's 77 places and padding the rest, which attention
masks: what is masked is neither seen nor drawn, so the places that no text of a
batch uses are left out of the pass. The result is the stock model's, at a fifth of
the operations. This module knows PriorTransformer's layout; it knows no texts.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.func import functional_call

PLACES = 8
"""Lengths are rounded up to a multiple of this, so that there are few shapes: a CUDA graph is one shape's."""


def predict(
    prior: Any, sample: Tensor, timestep: Tensor, embedding: Tensor, hidden: Tensor, mask: Tensor
) -> Tensor:
    """The predicted image embeddings (N, D).

    sample: noisy embeddings (N, D). timestep: (N,). embedding: of the texts, (N, D). hidden: of their
    tokens, (N, T, H), as `cut` gives them. mask: which of them are text, (N, T) bool. prior: may be wrapped
    in a module that has it as `module`, as it is in training.
    """
    inner, prefix = _unwrapped(prior)
    whole = inner.config.num_embeddings
    texts = hidden.shape[1]
    places = {}
    if texts < whole:
        extra = inner.positional_embedding.shape[1] - whole
        kept = torch.tensor([*range(texts), *range(whole, whole + extra)])
        places = {
            prefix + name: value.to(sample.device)  # offloaded weights come only when the prior is called
            for name, value in (
                ("positional_embedding", _rows(inner.positional_embedding, kept)),
                ("causal_attention_mask", _rows(_rows(inner.causal_attention_mask, kept), kept, 2)),
            )
        }
    out: Tensor = functional_call(
        prior,
        places,
        (sample,),
        {
            "timestep": timestep,
            "proj_embedding": embedding,
            "encoder_hidden_states": hidden,
            "attention_mask": mask,
        },
    ).predicted_image_embedding
    return out


def cut(prior: Any, hidden: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """Token states (N, T, H) and masks (N, T) without the places at the end that are padding in all rows."""
    inner, _ = _unwrapped(prior)
    config = inner.config
    extra = inner.positional_embedding.shape[1] - config.num_embeddings
    if mask.is_meta:  # shapes only: nobody knows what is padding
        return hidden, mask
    used = mask.any(0).nonzero()
    if extra != config.additional_embeddings or not len(used):
        return hidden, mask  # positions that diffusers pads by itself
    length = -(-(int(used[-1]) + 1) // PLACES) * PLACES
    return hidden[:, :length], mask[:, :length]


def _unwrapped(prior: Any) -> tuple[Any, str]:
    """The prior itself, and what its parameters' names begin with in what was given."""
    inner = getattr(prior, "module", None)
    return (prior, "") if inner is None else (inner, "module.")


def _rows(tensor: Tensor, kept: Tensor, axis: int = 1) -> Tensor:
    return tensor.index_select(axis, kept.to(tensor.device))
