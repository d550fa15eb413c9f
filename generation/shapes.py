# mypy: disable-error-code="attr-defined"
"""Shapes: a Kandinsky 2.1 of any size with random weights, as the two stock pipelines.

Right in architecture and arithmetic, and it draws noise: for tests, and for
timing a size whose weights are not at hand. This module knows the classes and
their sizes; it knows no garments and no files.
"""

from __future__ import annotations

import string
from dataclasses import dataclass

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

TOKENS = 77
RUSSIAN = "абвгдеёжзийклмнопрстуфхцчшщъыьэюя"


@dataclass(frozen=True, slots=True)
class Tower:
    """A transformer: width, layers, heads; its feed-forward part is four times as wide."""

    width: int
    layers: int
    heads: int


@dataclass(frozen=True, slots=True)
class Shape:
    """The sizes of every part.

    side: of a picture in pixels. embedding: CLIP's. texts: entries of the vocabularies of CLIP and M-CLIP,
    None: as many as the tokenizer has. glance: CLIP's picture and patch in pixels. unet: channels a level,
    resnets a level, width of a head. movq: channels a level, resnets a level, codes.
    """

    side: int
    embedding: int
    text: Tower
    vision: Tower
    spoken: Tower
    prior: Tower
    glance: tuple[int, int]
    unet: tuple[tuple[int, ...], int, int]
    movq: tuple[tuple[int, ...], int, int]
    texts: tuple[int, int] | None = None


TINY = Shape(
    side=64,
    embedding=32,
    text=Tower(32, 1, 2),
    vision=Tower(32, 1, 2),
    spoken=Tower(32, 1, 2),
    prior=Tower(32, 1, 2),
    glance=(32, 8),
    unet=((32, 64), 1, 16),
    movq=((32, 32, 32, 32), 1, 16),
)
ATELIER = Shape(
    side=128,
    embedding=256,
    text=Tower(256, 4, 4),
    vision=Tower(256, 6, 4),
    spoken=Tower(384, 3, 12),
    prior=Tower(256, 4, 4),
    glance=(128, 16),
    unet=((96, 192, 256), 1, 64),
    movq=((32, 64, 96, 128), 1, 1024),
)
"""As `generation.training` builds it."""
KANDINSKY_2_1 = Shape(
    side=512,
    embedding=768,
    text=Tower(768, 12, 12),
    vision=Tower(1024, 24, 16),
    spoken=Tower(1024, 24, 16),
    prior=Tower(2048, 20, 32),
    glance=(224, 14),
    unet=((384, 768, 1152, 1536), 3, 64),
    movq=((128, 256, 256, 512), 2, 16384),
    texts=(49408, 250002),
)
"""CONFIG_2_1 of ai-forever/Kandinsky-2 and diffusers' conversion script; drawn at 512 px here."""
SHAPES = {"tiny": TINY, "atelier": ATELIER, "kandinsky-2.1": KANDINSKY_2_1}


def tokenizer() -> XLMRobertaTokenizer:
    """A letter is a token. The end token's id is not 2, on which CLIP's text model pools by another rule."""
    letters = string.ascii_letters + string.digits + RUSSIAN + RUSSIAN.upper() + "▁.,-«»!?…"
    words = ["<s>", "<pad>", "<mask>", "<unk>", "</s>", *letters]
    scores = [(word, 0.0 if word.startswith("<") else -4.0) for word in words]
    return XLMRobertaTokenizer(vocab=scores, model_max_length=TOKENS)


def build(shape: Shape) -> tuple[KandinskyPriorPipeline, KandinskyPipeline]:
    """The prior's and the decoder's pipeline, on torch's default device and in its default format."""
    words = tokenizer()
    clip_vocabulary, spoken_vocabulary = shape.texts or (len(words), len(words))
    return _prior(shape, words, clip_vocabulary), _decoder(shape, words, spoken_vocabulary)


def _prior(shape: Shape, words: XLMRobertaTokenizer, vocabulary: int) -> KandinskyPriorPipeline:
    side, patch = shape.glance
    text = CLIPTextConfig(
        vocab_size=vocabulary,
        hidden_size=shape.text.width,
        intermediate_size=4 * shape.text.width,
        projection_dim=shape.embedding,
        num_hidden_layers=shape.text.layers,
        num_attention_heads=shape.text.heads,
        max_position_embeddings=TOKENS,
        bos_token_id=words.bos_token_id,
        eos_token_id=words.eos_token_id,
        pad_token_id=words.pad_token_id,
    )
    vision = CLIPVisionConfig(
        hidden_size=shape.vision.width,
        intermediate_size=4 * shape.vision.width,
        projection_dim=shape.embedding,
        num_hidden_layers=shape.vision.layers,
        num_attention_heads=shape.vision.heads,
        image_size=side,
        patch_size=patch,
    )
    transformer = PriorTransformer(
        num_attention_heads=shape.prior.heads,
        attention_head_dim=shape.prior.width // shape.prior.heads,
        num_layers=shape.prior.layers,
        embedding_dim=shape.embedding,
        num_embeddings=TOKENS,
        additional_embeddings=4,
    )
    for learnt in (transformer.positional_embedding, transformer.prd_embedding):  # zeros tell no place
        torch.nn.init.normal_(learnt, std=0.1)
    torch.nn.init.normal_(transformer.clip_mean, std=0.1)
    torch.nn.init.uniform_(transformer.clip_std, 0.5, 1.5)
    return KandinskyPriorPipeline(
        prior=transformer,
        image_encoder=CLIPVisionModelWithProjection(vision),
        text_encoder=CLIPTextModelWithProjection(text),
        tokenizer=words,
        scheduler=UnCLIPScheduler(clip_sample_range=10.0, prediction_type="sample"),
        image_processor=CLIPImageProcessorPil(
            size={"shortest_edge": side}, crop_size={"height": side, "width": side}
        ),
    )


def unet(shape: Shape, channels: int = 4) -> UNet2DConditionModel:
    """The UNet; with 9 channels the one that inpaints."""
    widths, resnets, head = shape.unet
    deeper = len(widths) - 1
    return UNet2DConditionModel(
        sample_size=shape.side // 2 ** (len(shape.movq[0]) - 1),
        in_channels=channels,
        out_channels=8,
        addition_embed_type="text_image",
        down_block_types=("ResnetDownsampleBlock2D", *["SimpleCrossAttnDownBlock2D"] * deeper),
        up_block_types=(*["SimpleCrossAttnUpBlock2D"] * deeper, "ResnetUpsampleBlock2D"),
        mid_block_type="UNetMidBlock2DSimpleCrossAttn",
        block_out_channels=widths,
        layers_per_block=resnets,
        encoder_hid_dim=shape.spoken.width,
        encoder_hid_dim_type="text_image_proj",
        cross_attention_dim=shape.embedding,
        attention_head_dim=head,
        resnet_time_scale_shift="scale_shift",
        class_embed_type=None,
    )


def _decoder(shape: Shape, words: XLMRobertaTokenizer, vocabulary: int) -> KandinskyPipeline:
    text = MCLIPConfig(
        transformerDimSize=shape.spoken.width,
        imageDimSize=shape.embedding,
        vocab_size=vocabulary,
        hidden_size=shape.spoken.width,
        intermediate_size=4 * shape.spoken.width,
        num_hidden_layers=shape.spoken.layers,
        num_attention_heads=shape.spoken.heads,
        max_position_embeddings=514 if shape.texts else TOKENS + 3,
        type_vocab_size=1,
        pad_token_id=words.pad_token_id,
        bos_token_id=words.bos_token_id,
        eos_token_id=words.eos_token_id,
    )
    widths, resnets, codes = shape.movq
    movq = VQModel(
        block_out_channels=widths,
        down_block_types=(*["DownEncoderBlock2D"] * (len(widths) - 1), "AttnDownEncoderBlock2D"),
        up_block_types=("AttnUpDecoderBlock2D", *["UpDecoderBlock2D"] * (len(widths) - 1)),
        layers_per_block=resnets,
        latent_channels=4,
        vq_embed_dim=4,
        num_vq_embeddings=codes,
        norm_type="spatial",
        sample_size=shape.side,
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
        text_encoder=MultilingualCLIP(text), tokenizer=words, unet=unet(shape), scheduler=scheduler, movq=movq
    )
