"""Loading a BLIP-2 from a folder (bench/models.ts's blip2-opt-125m), timed. Variants: shipped (`transformers`, as its users
do), lean (blip2.py: weights are mapped).
"""

import sys

import torch

from worker import model_folder, parser, read_config, serve, set_threads


def shipped(folder):
    from transformers import AutoTokenizer, Blip2ForConditionalGeneration

    Blip2ForConditionalGeneration.from_pretrained(folder, dtype=torch.float32).eval()
    AutoTokenizer.from_pretrained(folder)


def lean(folder):
    from blip2 import load

    load(folder)


STEPS = {'shipped': shipped, 'lean': lean}


def main():
    options = parser(__doc__, tuple(STEPS)).parse_args()
    set_threads(options)
    folder = model_folder(read_config(options.config)['model'])
    serve(lambda: STEPS[options.variant](folder), options)
    return 0


if __name__ == '__main__':
    sys.exit(main())
