"""Vision towers of BLIP-2 in PyTorch, as sparing as we could write them: one product for queries, keys and values, fused
attention, patches by a product. Weights are taken from `transformers`' state dict. B batch, P patches, D width.
"""

import torch
import torch.nn.functional as F
from torch import nn

from folder import config_of, made_of, tensors_of


def quick_gelu(x):
    return x * torch.sigmoid(1.702 * x)


ACTIVATIONS = {'gelu': F.gelu, 'quick_gelu': quick_gelu}


class Block(nn.Module):
    def __init__(self, width, inner, heads, eps, activation):
        super().__init__()
        self.heads, self.activation = heads, ACTIVATIONS[activation]
        self.norm1, self.norm2 = nn.LayerNorm(width, eps=eps), nn.LayerNorm(width, eps=eps)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, inner), nn.Linear(inner, width)

    def forward(self, x):
        q, k, v = self.qkv(self.norm1(x)).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        x = x + self.out(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2))
        return x + self.down(self.activation(self.up(self.norm2(x))))


class Tower(nn.Module):
    """All blocks that the config has. CLIP's has a norm in front of them; `final` says whether one comes after."""

    def __init__(self, config, final=False):
        super().__init__()
        is_clip = config['model_type'] == 'clip_vision_model'
        width, self.patch = config['hidden_size'], config['patch_size']
        eps = config.get('layer_norm_eps', 1e-5 if is_clip else 1e-6)
        activation = config.get('hidden_act', 'quick_gelu' if is_clip else 'gelu')
        self.patches = nn.Linear(3 * self.patch**2, width, bias=not is_clip)
        self.first = nn.Parameter(torch.zeros(1, 1, width))
        self.positions = nn.Parameter(torch.zeros(1, (config['image_size'] // self.patch) ** 2 + 1, width))
        self.before = nn.LayerNorm(width, eps=eps) if is_clip else nn.Identity()
        heads, inner = config['num_attention_heads'], config['intermediate_size']
        blocks = (Block(width, inner, heads, eps, activation) for _ in range(config['num_hidden_layers']))
        self.blocks = nn.Sequential(*blocks)
        self.after = nn.LayerNorm(width, eps=eps) if final else nn.Identity()

    def forward(self, pixels):
        cells = F.unfold(pixels, self.patch, stride=self.patch).transpose(1, 2)  # [B, P, 3 * patch²]
        x = torch.cat([self.first.expand(len(pixels), -1, -1), self.patches(cells)], 1) + self.positions
        return self.after(self.blocks(self.before(x)))


def from_clip(state, layers):
    """State of a `Tower` from that of transformers' CLIPVisionModel."""
    state = {name.removeprefix('vision_model.'): x for name, x in state.items()}
    found = {
        'patches.weight': state['embeddings.patch_embedding.weight'].flatten(1),
        'first': state['embeddings.class_embedding'][None, None],
        'positions': state['embeddings.position_embedding.weight'][None],
        **pair(state, 'before', 'pre_layrnorm'),
    }
    for i in range(layers):
        old = f'encoder.layers.{i}'
        for part in ('weight', 'bias'):
            three = [state[f'{old}.self_attn.{name}_proj.{part}'] for name in 'qkv']
            found[f'blocks.{i}.qkv.{part}'] = torch.cat(three)
        found |= block_state(state, i, f'{old}.self_attn.out_proj')
    return found


def from_blip2(state, layers):
    """State of a `Tower` from that of transformers' Blip2VisionModel."""
    found = {
        'patches.weight': state['embeddings.patch_embedding.weight'].flatten(1),
        'patches.bias': state['embeddings.patch_embedding.bias'],
        'first': state['embeddings.class_embedding'],
        'positions': state['embeddings.position_embedding'],
        **pair(state, 'after', 'post_layernorm'),
    }
    for i in range(layers):
        old = f'encoder.layers.{i}.self_attn'
        found |= pair(state, f'blocks.{i}.qkv', f'{old}.qkv')
        found |= block_state(state, i, f'{old}.projection')
    return found


def pair(state, new, old):
    return {f'{new}.{part}': state[f'{old}.{part}'] for part in ('weight', 'bias')}


def block_state(state, i, out):
    old = f'encoder.layers.{i}'
    names = {'norm1': f'{old}.layer_norm1', 'norm2': f'{old}.layer_norm2', 'out': out}
    names |= {'up': f'{old}.mlp.fc1', 'down': f'{old}.mlp.fc2'}
    found = {}
    for new, name in names.items():
        found |= pair(state, f'blocks.{i}.{new}', name)
    return found


def load(folder):
    """The tower of a folder: weights are mapped, only the joined ones are copied. BLIP-2's has a norm at its end."""
    config = config_of(folder)
    is_blip2 = config['model_type'] == 'blip_2_vision_model'
    state = (from_blip2 if is_blip2 else from_clip)(tensors_of(folder), config['num_hidden_layers'])
    return made_of(state, Tower, config, is_blip2)
