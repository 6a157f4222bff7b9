"""CapFilt by `transformers`' BLIP and CLIP, as their users run them: bench/models.ts's blip-base and clip-b.

A step draws `samples` captions of each of `batch` pictures by nucleus sampling, and ranks `samples` + 1 texts of each.
Random weights write no text that could be ranked: the texts are given.
"""

import sys

import torch
from transformers import AutoTokenizer, BlipForConditionalGeneration, CLIPModel

from worker import model_folder, parser, read_config, serve, set_threads

SIDE = 224
LETTERS = 'abcdefghijklmnop'


def capfilt_step(c):
    torch.manual_seed(0)
    blip, clip = (model_folder(name) for name in c['model'])
    captioner = BlipForConditionalGeneration.from_pretrained(blip, dtype=torch.float32).eval()
    ranker = CLIPModel.from_pretrained(clip, dtype=torch.float32).eval()
    tokenizer = AutoTokenizer.from_pretrained(blip)
    batch, samples, count = c['batch'], c['samples'], c['newTokens']
    values = torch.arange(batch * 3 * SIDE * SIDE) * 7919 % 256
    pixels = (values / 128 - 1).reshape(batch, 3, SIDE, SIDE)
    texts = [f'{c["text"]} {LETTERS[b]} {LETTERS[s]}' for b in range(batch) for s in range(samples + 1)]
    prompt = tokenizer(['a picture of'] * batch, return_tensors='pt').input_ids[:, :-1]

    @torch.inference_mode()
    def step():
        captioner.generate(
            pixels,
            prompt,
            do_sample=True,
            top_p=0.9,
            num_return_sequences=samples,
            min_new_tokens=count,
            max_new_tokens=count,
        )
        tokens = tokenizer(texts, padding=True, return_tensors='pt')
        inputs = {'input_ids': tokens['input_ids'], 'attention_mask': tokens['attention_mask']}
        return ranker(pixel_values=pixels, **inputs).logits_per_image.tolist()

    return step


def main():
    options = parser(__doc__, ('shipped',)).parse_args()
    set_threads(options)
    serve(capfilt_step(read_config(options.config)), options)
    return 0


if __name__ == '__main__':
    sys.exit(main())
