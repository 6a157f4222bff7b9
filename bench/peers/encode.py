"""A frozen vision tower, random weights, timed.

    python encode.py encode-vit-l.json --variant lean --threads 2      # then lines on stdin: `run 5`, `quit`
    python encode.py encode-vit-l.json --check                         # lean beside transformers; compile, with --variant compile

A step turns `batch` normalised pictures into features. Variants: shipped (`transformers`, as its users run it), lean (vit.py),
compile (its blocks compiled), bf16 and compile-bf16 (stored in bfloat16).
"""

import sys

import torch
from transformers import Blip2VisionConfig, Blip2VisionModel, CLIPVisionConfig, CLIPVisionModel

from vit import Tower, from_blip2, from_clip
from worker import compile_parts, parser, read_config, say, serve, set_threads

VARIANTS = ('shipped', 'lean', 'compile', 'bf16', 'compile-bf16')
MODELS = {
    'clip_vision_model': (CLIPVisionConfig, CLIPVisionModel),
    'blip_2_vision_model': (Blip2VisionConfig, Blip2VisionModel),
}


def shipped(c):
    configuration, model = MODELS[c['model']['model_type']]
    return model(configuration(**c['model'])).eval()


def encoding_step(c, variant):
    torch.manual_seed(0)
    is_blip2 = c['model']['model_type'] == 'blip_2_vision_model'
    model = shipped(c) if variant == 'shipped' else Tower(c['model'], final=is_blip2).eval()
    model = model.bfloat16() if variant.endswith('bf16') else model
    side = c['model']['image_size']
    pixels = torch.randn(c['batch'], 3, side, side).to(next(model.parameters()).dtype)
    forward = compile_parts(model) if variant.startswith('compile') else model

    @torch.no_grad()
    def step():
        out = forward(pixels)
        return (out.last_hidden_state if variant == 'shipped' else out).float().numpy()

    return step


@torch.no_grad()
def check(c, is_compiled):
    """Lean features equal those of transformers, two blocks."""
    small = {**c, 'model': {**c['model'], 'num_hidden_layers': 2}}
    theirs = shipped(small)
    for p in theirs.parameters():
        p.normal_(std=0.1)
    is_blip2 = c['model']['model_type'] == 'blip_2_vision_model'
    lean = Tower(small['model'], final=is_blip2).eval()
    lean.load_state_dict((from_blip2 if is_blip2 else from_clip)(theirs.state_dict(), 2))
    pixels = torch.randn(1, 3, c['model']['image_size'], c['model']['image_size'])
    forward = compile_parts(lean) if is_compiled else lean
    error = (forward(pixels) - theirs(pixels).last_hidden_state).abs().max().item()
    say({'check': error < 1e-4, 'error': error})
    return 0 if error < 1e-4 else 1


def main():
    arguments = parser(__doc__, VARIANTS)
    arguments.add_argument('--check', action='store_true', help='compare lean with transformers, and end')
    options = arguments.parse_args()
    set_threads(options)
    config = read_config(options.config)
    if options.check:
        return check(config, options.variant == 'compile')
    serve(encoding_step(config, options.variant), options)
    return 0


if __name__ == '__main__':
    sys.exit(main())
