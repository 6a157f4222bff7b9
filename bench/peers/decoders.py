"""OPT and T5 in PyTorch for generation, as sparing as we could write them: one product for queries, keys and values, fused
attention, a cache that is allocated once, of which beams reorder only what they wrote themselves. Prompts are embeddings and
have no padding. Weights are taken from `transformers`' state dicts. B batch, K beams, S places, D width, H heads, V vocabulary.

`is_static` looks at all places under a mask, so that every step has the same shapes: for `torch.compile`.
"""

import torch
import torch.nn.functional as F
from torch import nn

from worker import set_compiler


def heads_of(x, heads):
    return x.unflatten(-1, (heads, -1)).transpose(-2, -3)  # [B, S, D] -> [B, H, S, d]


class Cached:
    """Keys and values of all blocks, [B * K, H, S, d] each; the first `given` places are the same for all beams."""

    def allocate(self, blocks, rows, heads, places, width, dtype):
        shape = (rows, heads, places, width)
        self.keys = [torch.zeros(shape, dtype=dtype) for _ in range(blocks)]
        self.values = [torch.zeros(shape, dtype=dtype) for _ in range(blocks)]

    def reorder(self, order, at):
        if order is None:
            return
        for x in (*self.keys, *self.values):
            written = x[:, :, self.given :] if self.is_static else x[:, :, self.given : at]
            written.copy_(written[order])

    def attend(self, i, q, k, v, at, bias=None, scale=None):
        """One place more: q, k, v [B * K, H, 1, d]."""
        keys, values = self.keys[i], self.values[i]
        if self.is_static:
            keys.index_copy_(2, at, k), values.index_copy_(2, at, v)
            hidden = torch.where(torch.arange(keys.shape[2]) <= at, 0.0, -torch.inf)[None]
            mask = (hidden if bias is None else bias + hidden).to(q.dtype)
            return F.scaled_dot_product_attention(q, keys, values, attn_mask=mask, scale=scale)
        keys[:, :, at], values[:, :, at] = k[:, :, 0], v[:, :, 0]
        seen = slice(0, at + 1)
        mask = None if bias is None else bias[..., seen]
        return F.scaled_dot_product_attention(q, keys[:, :, seen], values[:, :, seen], attn_mask=mask, scale=scale)

    def step(self, ids, order):
        at = torch.tensor([self.at]) if self.is_static else self.at
        self.at += 1
        return self.token(ids, order, at)

    def compiled(self):
        self.is_static = True
        set_compiler(self)
        self.token = torch.compile(self.token, dynamic=False)


class OptBlock(nn.Module):
    def __init__(self, width, inner):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, inner), nn.Linear(inner, width)

    def end(self, x, context):
        x = x + self.out(context.transpose(1, 2).flatten(2))
        return x + self.down(F.relu(self.up(self.norm2(x))))


class Opt(Cached, nn.Module):
    def __init__(self, config, is_static=False):
        super().__init__()
        width, self.heads = config['hidden_size'], config['num_attention_heads']
        self.is_static, self.eos = is_static, config['eos_token_id']
        self.words = nn.Embedding(config['vocab_size'], width)
        self.positions = nn.Embedding(config['max_position_embeddings'] + 2, width)
        self.blocks = nn.ModuleList(OptBlock(width, config['ffn_dim']) for _ in range(config['num_hidden_layers']))
        self.norm = nn.LayerNorm(width)

    def start(self, prompt, beams, count):
        self.given = self.at = prompt.shape[1]
        x = prompt + self.positions.weight[2 : 2 + self.given]
        places, width = self.given + count, x.shape[2] // self.heads
        self.allocate(len(self.blocks), len(x) * beams, self.heads, places, width, x.dtype)
        for i, block in enumerate(self.blocks):
            q, k, v = (heads_of(part, self.heads) for part in block.qkv(block.norm1(x)).chunk(3, -1))
            self.keys[i][:, :, : self.given] = k.repeat_interleave(beams, 0)
            self.values[i][:, :, : self.given] = v.repeat_interleave(beams, 0)
            x = block.end(x, F.scaled_dot_product_attention(q, k, v, is_causal=True))
        return F.linear(self.norm(x[:, -1]), self.words.weight)

    def token(self, ids, order, at):
        self.reorder(order, at)
        x = (self.words(ids) + self.positions.weight[at + 2])[:, None]
        for i, block in enumerate(self.blocks):
            q, k, v = (heads_of(part, self.heads) for part in block.qkv(block.norm1(x)).chunk(3, -1))
            x = block.end(x, self.attend(i, q, k, v, at))
        return F.linear(self.norm(x[:, 0]), self.words.weight)


def from_opt(state, layers):
    """State of an `Opt` from that of transformers' OPTForCausalLM."""
    state = {name.removeprefix('model.decoder.'): x for name, x in state.items()}
    found = {'words.weight': state['embed_tokens.weight'], 'positions.weight': state['embed_positions.weight']}
    both = ('weight', 'bias')
    for part in both:
        found[f'norm.{part}'] = state[f'final_layer_norm.{part}']
    for i in range(layers):
        old, new = f'layers.{i}', f'blocks.{i}'
        names = {'norm1': 'self_attn_layer_norm', 'out': 'self_attn.out_proj', 'norm2': 'final_layer_norm'}
        names |= {'up': 'fc1', 'down': 'fc2'}
        for part in both:
            found[f'{new}.qkv.{part}'] = torch.cat([state[f'{old}.self_attn.{x}_proj.{part}'] for x in 'qkv'])
            found |= {f'{new}.{name}.{part}': state[f'{old}.{long}.{part}'] for name, long in names.items()}
    return found
