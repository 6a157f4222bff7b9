"""Re-ranking by ITM in PyTorch, timed: one step is one image, whose features are there, with its candidates.

    python rerank.py rerank-itm.json --variant shipped --threads 2

`shipped` is LAVIS's loop: the image is repeated for each candidate, so that its keys and values are computed as often, all
texts are padded to 35 tokens, and attention is LAVIS's (lavis.py). `lean` computes keys and values once, shares them without
a copy, and pads to the longest candidate; attention is fused (qformer.py). `compile` is that one with its blocks compiled.
"""

import sys

import torch
import torch.nn.functional as F

from lavis import EagerAttention
from qformer import Attention, Layer, Stage1
from worker import compile_parts, parser, read_config, serve, set_threads

VARIANTS = ('shipped', 'lean', 'compile')
LAVIS_TOKENS = 35
SIZES = {
    'width': 768, 'layers': 12, 'heads': 12, 'feedForward': 3072, 'queries': 32, 'crossAttentionFrequency': 2,
    'projection': 256, 'dropout': 0.0,
}  # fmt: skip


def length_of(text, c):
    shortest, longest = c['lengths']
    return shortest + int((text * 37 % c['candidates'] / c['candidates']) ** 3 * (longest - shortest + 1))


class Reranker:
    def __init__(self, c, variant):
        torch.manual_seed(0)
        self.is_shipped = variant == 'shipped'
        self.model = Stage1({**SIZES, **c}, EagerAttention if self.is_shipped else Attention).eval()
        if variant == 'compile':
            compile_parts(self.model, Layer)
        self.features = torch.randn(1, c['patches'], c['visionWidth'])
        self.count = c['candidates']
        lengths = torch.tensor([length_of(text, c) for text in range(self.count)])
        tokens = LAVIS_TOKENS if self.is_shipped else int(lengths.max())
        self.mask = (torch.arange(tokens) < lengths[:, None]).long()
        self.ids = torch.randint(5, c['vocabulary'] - 1, self.mask.shape) * self.mask

    @torch.no_grad()
    def step(self):
        model, count = self.model, self.count
        features = self.features.repeat(count, 1, 1) if self.is_shipped else self.features
        image = model.vision_model['post_layernorm'](features)
        images = [pair and tuple(x.expand(count, -1, -1, -1) for x in pair) for pair in model.image_keys_values(image)]
        seen = F.pad(self.mask, (model.queries, 0), value=1)[:, None, None]
        x, _ = model.encode(model.embed(self.ids, count), model.queries, images, model.additive(seen))
        return model.itm_head(x[:, : model.queries]).mean(1)[:, 1].tolist()


def main():
    options = parser(__doc__, VARIANTS).parse_args()
    set_threads(options)
    serve(Reranker(read_config(options.config), options.variant).step, options)
    return 0


if __name__ == '__main__':
    sys.exit(main())
