"""A frozen vision tower of bench/models.ts, timed.

    BLIP2_BENCH_MODELS=DIR python encode.py encode-vit-l.json --variant lean     # then lines on stdin: `run 5`, `quit`
    BLIP2_BENCH_MODELS=DIR python encode.py encode-vit-l.json --check            # lean beside transformers; compile, with --variant compile

A step turns `batch` normalised pictures into features. Variants: shipped (`transformers`, as its users run it), lean (vit.py),
compile (its blocks compiled), bf16 and compile-bf16 (stored in bfloat16).
"""

import sys

import torch
import torch.nn.functional as F
from transformers import Blip2VisionModel, CLIPVisionModel

import vit
from folder import config_of
from worker import compile_parts, model_folder, parser, pattern, read_config, say, serve, set_threads

VARIANTS = ('shipped', 'lean', 'compile', 'bf16', 'compile-bf16')
SHIPPED = {'clip_vision_model': CLIPVisionModel, 'blip_2_vision_model': Blip2VisionModel}


def shipped(folder):
    return SHIPPED[config_of(folder)['model_type']].from_pretrained(folder, dtype=torch.float32).eval()


def encoding_step(c, variant):
    folder = model_folder(c['model'])
    model = shipped(folder) if variant == 'shipped' else vit.load(folder)
    model = model.bfloat16() if variant.endswith('bf16') else model
    side = config_of(folder)['image_size']
    pixels = pattern(c['batch'], side, side, 3).permute(0, 3, 1, 2).contiguous().to(next(model.parameters()).dtype)
    forward = compile_parts(model) if variant.startswith('compile') else model

    @torch.no_grad()
    def step():
        out = forward(pixels)
        return (out.last_hidden_state if variant == 'shipped' else out).float().numpy()

    return step


def sample(features):
    """The beginning of the last token, normed, since some towers end with a norm."""
    token = torch.from_numpy(features[-1, -1])
    return F.layer_norm(token, token.shape)[:16].tolist()


def check(c, variant):
    """Lean features equal those of transformers."""
    expected, found = (torch.from_numpy(encoding_step(c, one)()) for one in ('shipped', variant))
    error = ((found - expected).abs().max() / expected.abs().max()).item()
    say({'check': error < 1e-4, 'error': error})
    return 0 if error < 1e-4 else 1


def main():
    arguments = parser(__doc__, VARIANTS)
    arguments.add_argument('--check', action='store_true', help='compare lean with transformers, and end')
    options = arguments.parse_args()
    set_threads(options)
    config = read_config(options.config)
    if options.check:
        return check(config, 'compile' if options.variant == 'compile' else 'lean')
    serve(encoding_step(config, options.variant), options, sample)
    return 0


if __name__ == '__main__':
    sys.exit(main())
