"""Networks, one file for each family."""

from .attention import SelfAttention
from .biggan import (
    BigGenerator,
    CodedBatchNorm2d,
    biggan_discriminator,
    biggan_generator,
)
from .conditional import (
    ConcatEmbedding,
    ConcatGaussian,
    ConcatOneHot,
    ConditionalBatchNorm2d,
    Projection,
)
from .cost import multiply_adds
from .dcgan import (
    dcgan_discriminator,
    dcgan_generator,
    pooled,
    strided,
    transposed,
    upsampled,
)
from .encoders import (
    EvenSpread,
    Gaussian,
    JointDiscriminator,
    SoftmaxFirst,
    code_of,
    kl_to_normal,
)
from .equalized import PixelNorm, equalized, he_init
from .growing import Growing, GrowingDiscriminator, GrowingGenerator, at_stage, fade, set_stage
from .layers import (
    Chain,
    Conditional,
    Takes,
    dcgan_init,
    leaky_relu,
    one_logit,
    spectral,
    tie,
    torch_init,
    xavier_init,
)
from .mlp import mlp, mlp_discriminator, mlp_encoder, mlp_generator
from .patch import patch_discriminator
from .resnet import Residual, SumPool, residual_critic, residual_generator
from .spectra import orthogonal_penalty, spectra, weight_matrices
from .stacks import Joined, Refined, Stack, refiner
from .style import StyleGenerator, Synthesis, style_generator
from .style_critic import style_discriminator
from .style_layers import AdaIN, AdaINLayer, Modulated, ModulatedLayer, PlainLayer
from .style_space import mapping_network, mix, truncate
from .transfer import (
    StyleTransfer,
    borrow_style,
    channel_statistics,
    gram,
    style_transfer_network,
)
from .unet import DropoutNoise, UNet, unet

__all__ = [
    "AdaIN", "AdaINLayer", "BigGenerator", "Chain", "CodedBatchNorm2d", "ConcatEmbedding",
    "ConcatGaussian", "ConcatOneHot", "Conditional", "ConditionalBatchNorm2d", "DropoutNoise",
    "EvenSpread", "Gaussian", "Growing", "GrowingDiscriminator", "GrowingGenerator", "Joined",
    "JointDiscriminator", "Modulated", "ModulatedLayer", "PixelNorm", "PlainLayer", "Projection",
    "Refined", "Residual", "SelfAttention", "SoftmaxFirst", "Stack", "StyleGenerator",
    "StyleTransfer", "SumPool", "Synthesis", "Takes", "UNet", "at_stage", "biggan_discriminator",
    "biggan_generator", "borrow_style", "channel_statistics", "code_of", "dcgan_discriminator",
    "dcgan_generator", "dcgan_init", "equalized", "fade", "gram", "he_init", "kl_to_normal",
    "leaky_relu", "mapping_network", "mix", "mlp", "mlp_discriminator", "mlp_encoder",
    "mlp_generator", "multiply_adds", "one_logit", "orthogonal_penalty", "patch_discriminator",
    "pooled", "refiner", "residual_critic", "residual_generator", "set_stage", "spectra",
    "spectral", "strided", "style_discriminator", "style_generator", "style_transfer_network",
    "tie", "torch_init", "transposed", "truncate", "unet", "upsampled", "weight_matrices",
    "xavier_init",
]  # fmt: skip
