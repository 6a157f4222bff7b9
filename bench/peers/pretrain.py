"""Whole steps of pre-training in PyTorch, the frozen ViT-L included: how much memory they take.

    BLIP2_BENCH_MODELS=DIR python pretrain.py stage1 --batch 2 --variant eager --steps 3      # also stage2-opt, stage2-t5

Sizes are those of paper.json, stage2-*.json and bench/models.ts' vit-l, opt-125m and flan-t5-small; pictures are random. Variants: eager (all
in float32), bf16 (autocast, frozen towers stored in bfloat16).
"""

import json
import sys
from pathlib import Path

import torch

import stage1
import stage2
import vit
from folder import config_of
from worker import model_folder, parser, serve, set_threads

FILES = {'stage1': 'paper.json', 'stage2-opt': 'stage2-opt.json', 'stage2-t5': 'stage2-t5.json'}


def read(name):
    return json.loads((Path(__file__).parent / name).read_text())


def pretraining_step(what, batch, variant):
    """The tower sees pictures of the step without gradient; what `stage1` or `stage2` trains sees its features."""
    folder = model_folder('vit-l')
    sizes, c = config_of(folder), {**read(FILES[what]), 'batch': batch}
    if what != 'stage1':
        c['vision_config'] = {'hidden_size': sizes['hidden_size']}
    trainer = (stage1 if what == 'stage1' else stage2).Trainer(c, variant)
    half = variant == 'bf16'
    tower = vit.load(folder).requires_grad_(False)
    tower = tower.bfloat16() if half else tower
    side = sizes['image_size']

    def step():
        pixels = torch.randn(batch, 3, side, side)
        with torch.no_grad():
            features = tower(pixels.bfloat16() if half else pixels).float()
        place = trainer.steps % len(trainer.batches)
        trainer.batches[place] = (features, *trainer.batches[place][1:])
        return trainer.step()

    return step


def main():
    arguments = parser(__doc__, ['eager', 'bf16'])
    arguments.add_argument('--batch', type=int, default=2)
    options = arguments.parse_args()
    set_threads(options)
    serve(pretraining_step(options.config, options.batch, options.variant), options)
    return 0


if __name__ == '__main__':
    sys.exit(main())
