"""BLIP-2 in PyTorch, as sparing as we could write it: vit.py, the Q-Former's query half, decoders.py's OPT. Read from a
Hugging Face folder without `transformers`: weights are mapped, only the joined ones are copied.
"""

from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch import nn

from decoders import Opt, from_opt
from folder import config_of, made_of, tensors_of
from qformer import Layer
from search import search
from vit import Tower, from_blip2
from worker import compile_parts

QFORMER = {
    'hidden_size': 768, 'num_hidden_layers': 12, 'num_attention_heads': 12, 'intermediate_size': 3072,
    'cross_attention_frequency': 2,
}  # fmt: skip


class Blip2(nn.Module):
    def __init__(self, config):
        super().__init__()
        q, vision = QFORMER | config['qformer_config'], config['vision_config']
        width = q['hidden_size']
        sizes = {
            'width': width,
            'heads': q['num_attention_heads'],
            'feedForward': q['intermediate_size'],
            'crossAttentionFrequency': q['cross_attention_frequency'],
            'visionWidth': vision['hidden_size'],
            'dropout': 0.0,
        }
        self.tower = Tower(vision, final=True)
        self.query_tokens = nn.Parameter(torch.zeros(1, config['num_query_tokens'], width))
        self.layernorm = nn.LayerNorm(width, eps=1e-12)
        self.layer = nn.ModuleList(Layer(sizes, i) for i in range(q['num_hidden_layers']))
        for layer in self.layer:  # no text in the Q-Former
            del layer.intermediate, layer.output
        self.opt = Opt(config['text_config'])
        self.projection = nn.Linear(width, config['text_config']['hidden_size'])

    @torch.no_grad()
    def write(self, pixels, ids, count, beams):
        """`count` tokens about each picture, after a prompt that all share."""
        return search(self.opt, self.prompt(pixels, ids), count, beams).tolist()

    def prompt(self, pixels, ids):
        """What the language model is given: [B, Q + T, D]."""
        image = self.tower(pixels)
        x = self.layernorm(self.query_tokens).expand(len(image), -1, -1)
        for layer in self.layer:
            cross = layer.crossattention.keys_values(image) if hasattr(layer, 'crossattention') else None
            x, _ = layer(x, x.shape[1], cross)
        words = self.opt.words(torch.tensor([ids])).expand(len(image), -1, -1)
        return torch.cat([self.projection(x), words], 1)

    def compiled(self):
        compile_parts(self.tower)
        compile_parts(self, Layer)
        self.opt.compiled()
        return self


def load(folder):
    """The model, and its tokenizer."""
    config, state = config_of(folder), tensors_of(folder)
    of = lambda prefix: {k.removeprefix(prefix): x for k, x in state.items() if k.startswith(prefix)}  # noqa: E731
    parts = {
        'tower': from_blip2(of('vision_model.'), config['vision_config']['num_hidden_layers']),
        'opt': from_opt(of('language_model.'), config['text_config']['num_hidden_layers']),
        'layernorm': of('qformer.layernorm.'),
        'layer': of('qformer.encoder.layer.'),
        'projection': of('language_projection.'),
    }
    found = {f'{part}.{name}': x for part, some in parts.items() for name, x in some.items()}
    model = made_of({**found, 'query_tokens': state['query_tokens']}, Blip2, config)
    return model, Tokenizer.from_file(str(Path(folder) / 'tokenizer.json'))
