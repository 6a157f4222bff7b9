"""Loading a BLIP-2 from a folder (bench/models.ts's blip2-opt-125m) with `transformers`, as its users do."""

import sys

import torch
from transformers import AutoTokenizer, Blip2ForConditionalGeneration

from worker import model_folder, parser, serve, set_threads


def step():
    folder = model_folder('blip2-opt-125m')
    Blip2ForConditionalGeneration.from_pretrained(folder, dtype=torch.float32).eval()
    AutoTokenizer.from_pretrained(folder)


def main():
    options = parser(__doc__, ('shipped',)).parse_args()
    set_threads(options)
    serve(step, options)
    return 0


if __name__ == '__main__':
    sys.exit(main())
