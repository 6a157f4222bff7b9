"""T5 (gated, its head not tied) for generation, in the manner of decoders.py. All beams of a prompt read its keys and values
where they are: their queries stand in one list.
"""

import math

import torch
import torch.nn.functional as F
from torch import nn

from decoders import Cached, heads_of

BUCKETS, FARTHEST = 32, 128


def bucket(distance, two_sided):
    """T5's buckets of query place minus key place: int [S, S] -> [S, S]."""
    count = BUCKETS // 2 if two_sided else BUCKETS
    offset = (distance < 0) * count if two_sided else 0
    distance = distance.abs() if two_sided else distance.clamp(min=0)
    exact = count // 2
    far = exact + (torch.log(distance.clamp(min=1) / exact) / math.log(FARTHEST / exact) * (count - exact)).long()
    return offset + torch.where(distance < exact, distance, far.clamp(max=count - 1))


def bias_of(table, places, two_sided):
    at = torch.arange(places)
    return table(bucket(at[:, None] - at, two_sided)).permute(2, 0, 1)[None].contiguous()  # [1, H, S, S]


class Norm(nn.RMSNorm):
    def __init__(self, width):
        super().__init__(width, eps=1e-6)


class Block(nn.Module):
    def __init__(self, c, reads):
        super().__init__()
        width, inside, wide = c['d_model'], c['num_heads'] * c['d_kv'], c['d_ff']
        line = lambda a, b: nn.Linear(a, b, bias=False)  # noqa: E731
        self.exact = c.get('dense_act_fn') == 'gelu'
        self.norm, self.qkv, self.out = Norm(width), line(width, 3 * inside), line(inside, width)
        if reads:
            self.cross_norm, self.cross_q = Norm(width), line(width, inside)
            self.cross_kv, self.cross_out = line(width, 2 * inside), line(inside, width)
        self.last_norm, self.up, self.down = Norm(width), line(width, 2 * wide), line(wide, width)

    def forward_feed(self, x):
        gate, up = self.up(self.last_norm(x)).chunk(2, -1)
        return x + self.down(F.gelu(gate, approximate='none' if self.exact else 'tanh') * up)


class T5(Cached, nn.Module):
    def __init__(self, c, is_static=False):
        super().__init__()
        self.heads, self.width, self.is_static, self.eos = c['num_heads'], c['d_kv'], is_static, c['eos_token_id']
        self.words, self.head = nn.Embedding(c['vocab_size'], c['d_model']), nn.Linear(c['d_model'], c['vocab_size'], bias=False)
        self.near, self.past = (nn.Embedding(BUCKETS, self.heads) for _ in range(2))
        self.encoder = nn.ModuleList(Block(c, False) for _ in range(c['num_layers']))
        self.encoder_norm, self.norm = Norm(c['d_model']), Norm(c['d_model'])
        self.blocks = nn.ModuleList(Block(c, True) for _ in range(c['num_decoder_layers']))
        self.first = c['decoder_start_token_id']

    def encode(self, x):
        bias = bias_of(self.near, x.shape[1], True).to(x.dtype)
        for block in self.encoder:
            q, k, v = (heads_of(part, self.heads) for part in block.qkv(block.norm(x)).chunk(3, -1))
            context = F.scaled_dot_product_attention(q, k, v, attn_mask=bias, scale=1.0)
            x = block.forward_feed(x + block.out(context.transpose(1, 2).flatten(2)))
        return self.encoder_norm(x)

    def start(self, prompt, beams, count):
        memory = self.encode(prompt)
        pairs = (block.cross_kv(memory).chunk(2, -1) for block in self.blocks)
        self.cross = [tuple(heads_of(part, self.heads).contiguous() for part in pair) for pair in pairs]
        self.given, self.at, self.batch, self.beams = 0, 0, len(prompt), beams
        self.allocate(len(self.blocks), len(prompt) * beams, self.heads, count, self.width, prompt.dtype)
        self.bias = bias_of(self.past, count, False).to(prompt.dtype)
        return self.step(torch.full((len(prompt) * beams,), self.first), None)[::beams].clone()

    def token(self, ids, order, at):
        self.reorder(order, at)
        x = self.words(ids)[:, None]
        bias = self.bias[:, :, at] if self.is_static else self.bias[:, :, at : at + 1]
        for i, block in enumerate(self.blocks):
            q, k, v = (heads_of(part, self.heads) for part in block.qkv(block.norm(x)).chunk(3, -1))
            x = x + block.out(self.attend(i, q, k, v, at, bias, 1.0).transpose(1, 2).flatten(2))
            q = block.cross_q(block.cross_norm(x)).view(self.batch, self.beams, self.heads, -1).transpose(1, 2)
            context = F.scaled_dot_product_attention(q, *self.cross[i], scale=1.0)  # [B, H, K, d]
            x = x + block.cross_out(context.transpose(1, 2).reshape(len(ids), 1, -1))
            x = block.forward_feed(x)
        return self.head(self.norm(x[:, 0]))


def from_t5(state, layers):
    """State of a `T5` from that of transformers' T5ForConditionalGeneration."""
    found = {'words.weight': state['shared.weight'], 'head.weight': state['lm_head.weight']}
    for new, old in (('near', 'encoder'), ('past', 'decoder')):
        found[f'{new}.weight'] = state[f'{old}.block.0.layer.0.SelfAttention.relative_attention_bias.weight']
    found['encoder_norm.weight'] = state['encoder.final_layer_norm.weight']
    found['norm.weight'] = state['decoder.final_layer_norm.weight']
    for new, old, last in (('encoder', 'encoder', 1), ('blocks', 'decoder', 2)):
        for i in range(layers):
            take = lambda name, place=f'{old}.block.{i}.layer.': state[f'{place}{name}.weight']  # noqa: E731
            to, own, feed = f'{new}.{i}.', '0.SelfAttention.', f'{last}.DenseReluDense.'
            found[f'{to}norm.weight'], found[f'{to}last_norm.weight'] = take('0.layer_norm'), take(f'{last}.layer_norm')
            found[f'{to}qkv.weight'] = torch.cat([take(own + x) for x in 'qkv'])
            found[f'{to}out.weight'] = take(own + 'o')
            found[f'{to}up.weight'] = torch.cat([take(feed + 'wi_0'), take(feed + 'wi_1')])
            found[f'{to}down.weight'] = take(feed + 'wo')
            if last == 2:
                cross = '1.EncDecAttention.'
                found[f'{to}cross_norm.weight'], found[f'{to}cross_q.weight'] = take('1.layer_norm'), take(cross + 'q')
                found[f'{to}cross_kv.weight'] = torch.cat([take(cross + 'k'), take(cross + 'v')])
                found[f'{to}cross_out.weight'] = take(cross + 'o')
    return found
