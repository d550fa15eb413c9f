# mypy: disable-error-code="attr-defined"
"""A random, tiny Kandinsky 2.1 in the hub's folder layout: right in shape and arithmetic, no more.

It is written in a second and draws noise in a tenth of one, so tests of
everything around a model use it; stock diffusers pipelines load it too. It
knows the layout that `generation.kandinsky` reads; it does not know garments.
"""

from __future__ import annotations

import string
from pathlib import Path

import torch
from diffusers import (
    DDIMScheduler,
    KandinskyPipeline,
    KandinskyPriorPipeline,
    PriorTransformer,
    UnCLIPScheduler,
    UNet2DConditionModel,
    VQModel,
)
from diffusers.pipelines.kandinsky.text_encoder import MCLIPConfig, MultilingualCLIP
from transformers import (
    CLIPTextConfig,
    CLIPTextModelWithProjection,
    CLIPVisionConfig,
    CLIPVisionModelWithProjection,
    XLMRobertaTokenizer,
)
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

from generation.kandinsky import store_in_half

WIDTH = 32
TOKENS = 77
SIDE = 64
"""Its own picture size in pixels."""
RUSSIAN = "абвгдеёжзийклмнопрстуфхцчшщъыьэюя"


def tokenizer() -> XLMRobertaTokenizer:
    """A letter is a token. The end token's id is not 2, on which CLIP's text model pools by another rule."""
    letters = string.ascii_letters + string.digits + RUSSIAN + RUSSIAN.upper() + "▁.,-«»!?…"
    words = ["<s>", "<pad>", "<mask>", "<unk>", "</s>", *letters]
    scores = [(word, 0.0 if word.startswith("<") else -4.0) for word in words]
    return XLMRobertaTokenizer(vocab=scores, model_max_length=TOKENS)


def write(root: Path, seed: int = 0) -> Path:
    """Write `root`/prior and `root`/decoder in half precision; returns `root`."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        words = tokenizer()
        prior, decoder = _prior(words), _decoder(words)
    prior.save_pretrained(root / "prior")
    decoder.save_pretrained(root / "decoder")
    store_in_half(root)
    return root


def _prior(words: XLMRobertaTokenizer) -> KandinskyPriorPipeline:
    text = CLIPTextConfig(
        vocab_size=len(words),
        hidden_size=WIDTH,
        intermediate_size=2 * WIDTH,
        projection_dim=WIDTH,
        num_hidden_layers=1,
        num_attention_heads=2,
        max_position_embeddings=TOKENS,
        bos_token_id=words.bos_token_id,
        eos_token_id=words.eos_token_id,
        pad_token_id=words.pad_token_id,
    )
    vision = CLIPVisionConfig(
        hidden_size=WIDTH,
        intermediate_size=2 * WIDTH,
        projection_dim=WIDTH,
        num_hidden_layers=1,
        num_attention_heads=2,
        image_size=SIDE // 2,
        patch_size=SIDE // 8,
    )
    transformer = PriorTransformer(
        num_attention_heads=2,
        attention_head_dim=WIDTH // 2,
        num_layers=1,
        embedding_dim=WIDTH,
        num_embeddings=TOKENS,
        additional_embeddings=4,
    )
    torch.nn.init.normal_(transformer.clip_mean, std=0.1)
    torch.nn.init.uniform_(transformer.clip_std, 0.5, 1.5)
    return KandinskyPriorPipeline(
        prior=transformer,
        image_encoder=CLIPVisionModelWithProjection(vision),
        text_encoder=CLIPTextModelWithProjection(text),
        tokenizer=words,
        scheduler=UnCLIPScheduler(clip_sample_range=10.0, prediction_type="sample"),
        image_processor=CLIPImageProcessorPil(
            size={"shortest_edge": SIDE // 2}, crop_size={"height": SIDE // 2, "width": SIDE // 2}
        ),
    )


def unet(channels: int = 4) -> UNet2DConditionModel:
    """A random UNet, or with 9 channels one that inpaints."""
    return UNet2DConditionModel(
        sample_size=SIDE // 8,
        in_channels=channels,
        out_channels=8,
        addition_embed_type="text_image",
        down_block_types=("ResnetDownsampleBlock2D", "SimpleCrossAttnDownBlock2D"),
        up_block_types=("SimpleCrossAttnUpBlock2D", "ResnetUpsampleBlock2D"),
        mid_block_type="UNetMidBlock2DSimpleCrossAttn",
        block_out_channels=(WIDTH, 2 * WIDTH),
        layers_per_block=1,
        encoder_hid_dim=WIDTH,
        encoder_hid_dim_type="text_image_proj",
        cross_attention_dim=WIDTH,
        attention_head_dim=WIDTH // 2,
        resnet_time_scale_shift="scale_shift",
        class_embed_type=None,
    )


def _decoder(words: XLMRobertaTokenizer) -> KandinskyPipeline:
    text = MCLIPConfig(
        transformerDimSize=WIDTH,
        imageDimSize=WIDTH,
        vocab_size=len(words),
        hidden_size=WIDTH,
        intermediate_size=2 * WIDTH,
        num_hidden_layers=1,
        num_attention_heads=2,
        max_position_embeddings=TOKENS + 3,
        pad_token_id=words.pad_token_id,
        bos_token_id=words.bos_token_id,
        eos_token_id=words.eos_token_id,
    )
    movq = VQModel(
        block_out_channels=(32, 32, 32, 32),
        down_block_types=("DownEncoderBlock2D",) * 3 + ("AttnDownEncoderBlock2D",),
        up_block_types=("AttnUpDecoderBlock2D",) + ("UpDecoderBlock2D",) * 3,
        layers_per_block=1,
        latent_channels=4,
        vq_embed_dim=4,
        num_vq_embeddings=16,
        norm_type="spatial",
        sample_size=SIDE,
    )
    scheduler = DDIMScheduler(
        beta_schedule="linear",
        beta_start=0.00085,
        beta_end=0.012,
        clip_sample=False,
        set_alpha_to_one=False,
        steps_offset=1,
        prediction_type="epsilon",
    )
    return KandinskyPipeline(
        text_encoder=MultilingualCLIP(text), tokenizer=words, unet=unet(), scheduler=scheduler, movq=movq
    )
