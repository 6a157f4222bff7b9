"""A training step of stage 1 in PyTorch, timed: three losses, backward, clipping, AdamW.

    python stage1.py shapes.json --variant lean --threads 2             # then lines on stdin: `run 20`, `quit`
    python stage1.py shapes.json --variant lean --threads 2 --steps 20  # one report
    python stage1.py --check --variant shipped                          # against test/fixtures/stage1

Each `run N` answers one line of JSON; a first line says that the process is warm. Variants: shipped (lavis.py), lean
(qformer.py), compile, bf16 (autocast), compile-bf16. The process stays, so that a harness can alternate it with others.
"""

import json
import math
import sys
from pathlib import Path

import torch

from lavis import ShippedStage1, plain_adamw
from qformer import Layer, Stage1
from worker import compile_parts, parser, read_config, say, serve, set_threads

VARIANTS = ('lean', 'shipped', 'compile', 'bf16', 'compile-bf16')
FIXTURES = Path(__file__).resolve().parents[2] / 'test' / 'fixtures'


def batches(c, count=4):
    """Random features and captions of random lengths, [CLS] first; rotated through."""
    rng = torch.Generator().manual_seed(1)
    for _ in range(count):
        ids = torch.randint(3, c['vocabulary'] - 1, (c['batch'], c['tokens']), generator=rng)
        lengths = torch.randint(c['tokens'] // 2, c['tokens'] + 1, (c['batch'], 1), generator=rng)
        mask = (torch.arange(c['tokens']) < lengths).long()
        ids = torch.where(mask > 0, ids, 0)
        ids[:, 0] = 1
        yield torch.randn(c['batch'], c['patches'], c['visionWidth'], generator=rng), ids, mask


def adamw(parameters):
    groups = [
        {'params': [p for p in parameters if p.ndim >= 2], 'weight_decay': 0.05},
        {'params': [p for p in parameters if p.ndim < 2], 'weight_decay': 0.0},
    ]
    return torch.optim.AdamW(groups, lr=0.0, betas=(0.9, 0.98), fused=True)


class Trainer:
    def __init__(self, c, variant):
        torch.manual_seed(0)
        self.is_shipped = variant == 'shipped'
        self.model = model_of(c, variant).train()
        self.losses = losses_of(self.model, variant)
        parameters = self.model.named_parameters()
        self.optimizer = plain_adamw(parameters) if self.is_shipped else adamw([p for _, p in parameters])
        self.batches = list(batches(c))
        self.dec = c['vocabulary'] - 1
        self.steps = 0

    def step(self):
        batch = self.batches[self.steps % len(self.batches)]
        self.steps += 1
        for group in self.optimizer.param_groups:
            group['lr'] = 1e-4 * 0.5 * (1 + math.cos(min(self.steps / 10000, 1) * math.pi))
        self.optimizer.zero_grad(set_to_none=True)
        losses = self.losses(*batch, self.dec)
        losses.sum().backward()
        if not self.is_shipped:
            torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        return losses.tolist()


def model_of(c, variant):
    return ShippedStage1(c) if variant == 'shipped' else Stage1(c)


def losses_of(model, variant):
    """The forward pass of a variant: (features, ids, mask, dec, negatives) -> [3]."""
    call = compile_parts(model, Layer) if variant.startswith('compile') else model
    if not variant.endswith('bf16'):
        return call

    def autocast(*inputs):
        with torch.autocast('cpu', torch.bfloat16):
            return call(*inputs)

    return autocast


def fixture_config(hf):
    q = hf['qformer_config']
    return {
        'width': q['hidden_size'],
        'layers': q['num_hidden_layers'],
        'heads': q['num_attention_heads'],
        'feedForward': q['intermediate_size'],
        'queries': hf['num_query_tokens'],
        'crossAttentionFrequency': q['cross_attention_frequency'],
        'visionWidth': q['encoder_hidden_size'],
        'vocabulary': q['vocab_size'],
        'positions': q['max_position_embeddings'],
        'projection': hf['image_text_hidden_size'],
        'dropout': 0.0,
    }


def check(variant):
    """Losses and gradients equal the fixture's: in float64, or in bfloat16 the losses roughly."""
    from safetensors.torch import load_file

    tensors = load_file(FIXTURES / 'stage1.safetensors')
    hf = json.loads((FIXTURES / 'stage1.json').read_text())
    exact = not variant.endswith('bf16')
    model = model_of(fixture_config(hf), variant).train()
    model.load_state_dict({k[2:]: x for k, x in tensors.items() if k.startswith('w.')}, strict=True)
    model = model.double() if exact else model
    features = tensors['in.image_features'].to(model.temp.dtype)
    ids, mask = tensors['in.input_ids'].long(), tensors['in.attention_mask'].long()
    negatives = [tensors[f'in.negative_{kind}'].long() for kind in ('images', 'texts')]
    losses = losses_of(model, variant)(features, ids, mask, hf['dec_token_id'], negatives)
    losses.sum().backward()
    expected = torch.stack([tensors[f'l.{name}'] for name in ('itc', 'itm', 'itg')])
    loss_error = (losses / expected - 1).abs().max().item()
    total = tensors_norm(tensors[f'g.sum.{name}'] for name, _ in model.named_parameters())
    gradient_error = max(
        ((p.grad - tensors[f'g.sum.{name}']).norm() / total).item() for name, p in model.named_parameters()
    )
    good = loss_error < 1e-6 and gradient_error < 1e-6 if exact else loss_error < 0.05
    say({'check': good, 'variant': variant, 'lossError': loss_error, 'gradientError': gradient_error})
    return 0 if good else 1


def tensors_norm(tensors):
    return torch.cat([x.flatten() for x in tensors]).norm()


def main():
    arguments = parser(__doc__, VARIANTS)
    arguments.add_argument('--check', action='store_true', help='compare with test/fixtures/stage1, and end')
    options = arguments.parse_args()
    if options.config is None and not options.check:
        arguments.error('give a config, or --check')
    set_threads(options)
    if options.check:
        return check(options.variant)
    serve(Trainer(read_config(options.config), options.variant).step, options)
    return 0


if __name__ == '__main__':
    sys.exit(main())
