"""What Python makes of a folder or file of ours: reads one JSON document, prints another.

    {"captions": {"dir": …, "pictures": […], "options": […]}}  texts of a BLIP-2, as new token ids
    {"checkpoint": PATH}                                        names, types and shapes of a .pth, loaded with weights_only
"""

import json
import sys

import torch
from transformers import AutoTokenizer, Blip2ForConditionalGeneration

MEAN, STD = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)


def captions(dir, pictures, options, prompt=''):
    model = Blip2ForConditionalGeneration.from_pretrained(dir, dtype=torch.float32).eval()
    tokenizer = AutoTokenizer.from_pretrained(dir)
    config = model.config
    # LAVIS's epsilon, which a folder of ours names and transformers has no field for.
    with open(f'{dir}/config.json') as file:
        model.vision_model.post_layernorm.eps = json.load(file).get('vision_layer_norm_eps', 1e-6)
    if config.image_token_index is None:
        config.image_token_index = tokenizer.convert_tokens_to_ids('<image>')
    found = []
    for picture in pictures:
        side = picture['width']
        x = torch.tensor(picture['data']).reshape(1, side, side, 3) / 255
        pixels = ((x - torch.tensor(MEAN)) / torch.tensor(STD)).permute(0, 3, 1, 2)
        ids = [config.image_token_index] * config.num_query_tokens + tokenizer(prompt)['input_ids']
        interpolate = side != config.vision_config.image_size
        row = []
        for option in options:
            out = model.generate(pixels, torch.tensor([ids]), interpolate_pos_encoding=interpolate, do_sample=False, **option)
            new = out[0, 1 if config.is_encoder_decoder else len(ids) :].tolist()
            end = config.text_config.eos_token_id
            row.append(new[: new.index(end) + 1] if end in new else new)
        found.append(row)
    return found


def checkpoint(path):
    state = torch.load(path, weights_only=True)['model']
    return {name: [str(x.dtype), list(x.shape)] for name, x in state.items()}


if __name__ == '__main__':
    torch.set_num_threads(1)
    request = json.load(sys.stdin)
    with torch.no_grad():
        answer = captions(**request['captions']) if 'captions' in request else checkpoint(request['checkpoint'])
    print('ANSWER', json.dumps(answer))
