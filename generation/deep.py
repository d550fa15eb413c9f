"""Deep features: the UNet cut before its last up block, so that its depths can be used again.

DeepCache (Ma, Fang, Wang 2023, arXiv 2312.00858) for Kandinsky 2.1's UNet: what
the last up block gets from below changes slowly from step to step. A shallow
pass runs the first convolution, the first down block and the last up block, a
quarter of the whole at full size, on features of an earlier step. The forward
pass is UNet2DConditionModel's, whose parts it calls; this module knows that
network and no sampler.
"""

from __future__ import annotations

from typing import Any

from torch import Tensor


def whole(
    unet: Any, sample: Tensor, timestep: Tensor, hidden: Tensor, pooled: Tensor, image: Tensor
) -> tuple[Tensor, Tensor]:
    """The UNet's output and the features (N, F, h, w) that its last up block got from below.

    sample: (N, C, h, w). timestep: (N,). hidden: (N, 77, H). pooled: (N, P). image: (N, D).
    """
    embedding, context = _heads(unet, sample, timestep, hidden, pooled, image)
    sample = unet.conv_in(sample)
    skips: tuple[Tensor, ...] = (sample,)
    for block in unet.down_blocks:
        sample, more = _down(block, sample, embedding, context)
        skips += more
    sample = unet.mid_block(sample, embedding, encoder_hidden_states=context)
    for block in unet.up_blocks[:-1]:
        own, skips = skips[-len(block.resnets) :], skips[: -len(block.resnets)]
        sample = _up(block, sample, embedding, context, own)
    return _tail(unet, sample, embedding, context, skips), sample


def shallow(
    unet: Any,
    features: Tensor,
    sample: Tensor,
    timestep: Tensor,
    hidden: Tensor,
    pooled: Tensor,
    image: Tensor,
) -> Tensor:
    """The UNet's output with the features of an earlier step."""
    embedding, context = _heads(unet, sample, timestep, hidden, pooled, image)
    sample = unet.conv_in(sample)
    _, more = _down(unet.down_blocks[0], sample, embedding, context)
    skips = (sample, *more)[: len(unet.up_blocks[-1].resnets)]
    return _tail(unet, features, embedding, context, skips)


def _heads(
    unet: Any, sample: Tensor, timestep: Tensor, hidden: Tensor, pooled: Tensor, image: Tensor
) -> tuple[Tensor, Tensor]:
    added = {"text_embeds": pooled, "image_embeds": image}
    embedding = unet.time_embedding(unet.get_time_embed(sample=sample, timestep=timestep))
    embedding = embedding + unet.get_aug_embed(
        emb=embedding, encoder_hidden_states=hidden, added_cond_kwargs=added
    )
    context = unet.process_encoder_hidden_states(encoder_hidden_states=hidden, added_cond_kwargs=added)
    return embedding, context


def _attends(block: Any, context: Tensor) -> dict[str, Tensor]:
    return {"encoder_hidden_states": context} if getattr(block, "has_cross_attention", False) else {}


def _down(block: Any, sample: Tensor, embedding: Tensor, context: Tensor) -> Any:
    return block(hidden_states=sample, temb=embedding, **_attends(block, context))


def _up(block: Any, sample: Tensor, embedding: Tensor, context: Tensor, skips: tuple[Tensor, ...]) -> Tensor:
    out: Tensor = block(
        hidden_states=sample, temb=embedding, res_hidden_states_tuple=skips, **_attends(block, context)
    )
    return out


def _tail(
    unet: Any, features: Tensor, embedding: Tensor, context: Tensor, skips: tuple[Tensor, ...]
) -> Tensor:
    sample = _up(unet.up_blocks[-1], features, embedding, context, skips)
    out: Tensor = unet.conv_out(unet.conv_act(unet.conv_norm_out(sample)))
    return out
