"""Folders of bench/models.ts: their tensors for models of our own, and what `transformers` is given beside a BLIP-2."""

import json
from functools import cache
from pathlib import Path

import torch

SIDE = 224
MEAN, STD = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)


def config_of(folder):
    return json.loads((Path(folder) / 'config.json').read_text())


def tensors_of(folder):
    """Mapped, not read."""
    from safetensors.torch import load_file

    return load_file(Path(folder) / 'model.safetensors')


def made_of(state, build, *arguments):
    """A model of these tensors, none of them copied."""
    with torch.device('meta'):
        model = build(*arguments)
    model.load_state_dict(state, assign=True)
    return model.eval()


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
