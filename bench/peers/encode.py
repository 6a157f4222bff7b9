"""A frozen vision tower by `transformers`, as its users run it, random weights.

    python encode.py encode-vit-l.json --variant shipped --threads 2      # then lines on stdin: `run 5`, `quit`

A step turns `batch` normalised pictures into features.
"""

import sys

import torch
from transformers import Blip2VisionConfig, Blip2VisionModel, CLIPVisionConfig, CLIPVisionModel

from worker import parser, read_config, serve, set_threads

VARIANTS = ('shipped', 'compile', 'bf16')
MODELS = {
    'clip_vision_model': (CLIPVisionConfig, CLIPVisionModel),
    'blip_2_vision_model': (Blip2VisionConfig, Blip2VisionModel),
}


def encoding_step(c, variant):
    torch.manual_seed(0)
    configuration, model = MODELS[c['model']['model_type']]
    created = model(configuration(**c['model'])).eval()
    created = created.bfloat16() if variant == 'bf16' else created
    side = created.config.image_size
    pixels = torch.randn(c['batch'], 3, side, side).to(created.dtype)
    forward = torch.compile(created) if variant == 'compile' else created

    @torch.inference_mode()
    def step():
        return forward(pixels).last_hidden_state.float().numpy()

    return step


def main():
    options = parser(__doc__, VARIANTS).parse_args()
    set_threads(options)
    serve(encoding_step(read_config(options.config), options.variant), options)
    return 0


if __name__ == '__main__':
    sys.exit(main())
