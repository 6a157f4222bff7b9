"""A BLIP-2 folder of bench/models.ts as `transformers` is given it: pictures and a prompt as tensors."""

from functools import cache

import torch

SIDE = 224
MEAN, STD = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)


@cache
def tokenizer_of(folder):
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(folder)


def pictures_of(count):
    """Bytes [count, SIDE, SIDE, 3]."""
    values = torch.arange(SIDE * SIDE * 3) * 7919
    return torch.stack([(values + b) % 256 for b in range(count)]).reshape(count, SIDE, SIDE, 3).byte()


def normalise(pictures):
    return ((pictures / 255 - torch.tensor(MEAN)) / torch.tensor(STD)).permute(0, 3, 1, 2).contiguous()


def inputs_of(folder, model, pictures, prompt):
    x = normalise(pictures)
    config = model.config
    ids = [config.image_token_index] * config.num_query_tokens + tokenizer_of(folder)(prompt)['input_ids']
    rows = torch.tensor([ids]).expand(len(pictures), -1)
    return {'pixel_values': x, 'input_ids': rows, 'attention_mask': torch.ones_like(rows)}
