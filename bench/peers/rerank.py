"""Re-ranking by ITM in PyTorch, timed: one step is one image, whose features are there, with its candidates.

    python rerank.py rerank-itm.json --variant shipped --threads 2
    python rerank.py rerank-itm.json --check                        # all score alike

`shipped` is LAVIS's loop: the image, normed once, is repeated for each candidate, so that its keys and values are computed as
often, by each layer when its turn comes; all texts are padded to 35 tokens, and attention is LAVIS's (lavis.py). `lean`
computes keys and values once, shares them without a copy, takes texts of about one length together, and has the last layer
make rows of queries alone; attention is fused (qformer.py). `compile` is that one with its blocks compiled, `bf16` stored in
bfloat16.
"""

import sys

import torch
import torch.nn.functional as F

from lavis import ShippedStage1
from qformer import Layer, Stage1
from worker import compile_parts, parser, read_config, say, serve, set_threads

VARIANTS = ('shipped', 'lean', 'compile', 'bf16')
MOST_TOKENS = 35  # LAVIS's
STEP, MANY = 4, 32
SIZES = {
    'width': 768, 'layers': 12, 'heads': 12, 'feedForward': 3072, 'queries': 32, 'crossAttentionFrequency': 2,
    'projection': 256, 'positions': 512, 'dropout': 0.0,
}  # fmt: skip


def length_of(text, c):
    shortest, longest = c['lengths']
    return shortest + int((text * 37 % c['candidates'] / c['candidates']) ** 3 * (longest - shortest + 1))


def batches_of(lengths):
    """Texts in batches of about one length, short ones first; what does not fill one goes to the next length."""
    padded = [min(-(-length // STEP) * STEP, MOST_TOKENS) for length in lengths]
    rest, batches = [], []
    for length in sorted(set(padded)):
        rest += [text for text, own in enumerate(padded) if own == length]
        while len(rest) >= MANY or (rest and length == max(padded)):
            batches.append((length, torch.tensor(rest[:MANY])))
            rest = rest[MANY:]
    return batches


class Reranker:
    def __init__(self, c, variant):
        torch.manual_seed(0)
        self.model = (ShippedStage1 if variant == 'shipped' else Stage1)({**SIZES, **c}).eval()
        if variant == 'compile':
            compile_parts(self.model, Layer)
        if variant == 'bf16':
            self.model.bfloat16()
        self.features = torch.randn(1, c['patches'], c['visionWidth'], dtype=next(self.model.parameters()).dtype)
        lengths = [length_of(text, c) for text in range(c['candidates'])]
        self.mask = (torch.arange(MOST_TOKENS) < torch.tensor(lengths)[:, None]).long()
        self.ids = torch.randint(5, c['vocabulary'] - 1, self.mask.shape) * self.mask
        self.batches = batches_of(lengths)
        self.score = self.shipped if variant == 'shipped' else self.lean

    @torch.no_grad()
    def step(self):
        return self.score(self.model.vision_model['post_layernorm'](self.features)).tolist()

    def shipped(self, image):
        images = self.model.image_keys_values(image.repeat(len(self.ids), 1, 1))
        return self.logits(images, self.ids, self.mask)

    def lean(self, image):
        known = self.model.image_keys_values(image)
        scores = torch.empty(len(self.ids), dtype=self.features.dtype)
        for length, some in self.batches:
            images = [pair and tuple(x.expand(len(some), -1, -1, -1) for x in pair) for pair in known]
            scores[some] = self.logits(images, self.ids[some, :length], self.mask[some, :length])
        return scores

    def logits(self, images, ids, mask):
        """Of "they match": [N]."""
        model = self.model
        mask = model.additive(F.pad(mask, (model.queries, 0), value=1)[:, None, None])
        x = model.embed(model.words(ids), len(ids))
        layers = list(zip(model.layers, images))
        for layer, image in layers if self.score == self.shipped else layers[:-1]:
            x, _ = layer(x, model.queries, image, mask)
        if self.score == self.lean:
            x = self.queries_after(*layers[-1], x, mask)
        return model.itm_head(x[:, : model.queries])[:, :, 1].mean(1)

    def queries_after(self, layer, image, x, mask):
        """What a layer makes of the queries: the head reads no other rows."""
        x = layer.attention(x[:, : self.model.queries], layer.attention.keys_values(x), mask)
        if image is not None:
            x = layer.crossattention(x, image)
        return layer.feed_forward(layer.intermediate_query, layer.output_query, x)


def check(c):
    """Those in float32 give the same scores, up to its rounding."""
    few = {**c, 'candidates': min(c['candidates'], 40), 'layers': 4}
    shipped, *others = (torch.tensor(Reranker(few, variant).step()) for variant in VARIANTS[:3])
    errors = [((other - shipped).norm() / (shipped - shipped.mean()).norm()).item() for other in others]
    say({'check': max(errors) < 1e-4, 'errors': errors})
    return 0 if max(errors) < 1e-4 else 1


def main():
    arguments = parser(__doc__, VARIANTS)
    arguments.add_argument('--check', action='store_true', help='compare the other variants with the shipped one, and end')
    options = arguments.parse_args()
    if options.config is None:
        arguments.error('give a config')
    set_threads(options)
    if options.check:
        return check(read_config(options.config))
    serve(Reranker(read_config(options.config), options.variant).step, options)
    return 0


if __name__ == '__main__':
    sys.exit(main())
