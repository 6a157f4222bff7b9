"""Crops of 224 pixels from JPEG shards with webdataset, torchvision and PIL, as LAVIS's users read them.

    python loadData.py load-data.json

Needs webdataset, torchvision and Pillow beside PyTorch. The shards are those that bench/ours/loadData.ts made. `--threads`
is the number of worker processes. `bytes` hands on what the decoder gives, `normalised` floats.
"""

import io
import tempfile
from pathlib import Path

import torch
import webdataset
from PIL import Image
from torchvision import transforms
from worker import parser, read_config, serve, set_threads

MEAN = (0.48145466, 0.4578275, 0.40821073)
STD = (0.26862954, 0.26130258, 0.27577711)


def transform(size, variant):
    last = [transforms.PILToTensor()]
    if variant == 'normalised':
        last = [transforms.ToTensor(), transforms.Normalize(MEAN, STD)]
    bicubic = transforms.InterpolationMode.BICUBIC
    crop = transforms.RandomResizedCrop(size, scale=(0.5, 1.0), interpolation=bicubic)
    return transforms.Compose([crop, transforms.RandomHorizontalFlip(), *last])


def one_thread(_):
    torch.set_num_threads(1)


def batches(config, options):
    prepare = transform(config['imageSize'], options.variant)
    shards = sorted(str(path) for path in (Path(tempfile.gettempdir()) / config['folder']).glob('*.tar'))
    dataset = (
        webdataset.WebDataset(shards, resampled=True, shardshuffle=False)
        .shuffle(1000)
        .to_tuple('jpg', 'txt')
        .map_tuple(lambda data: prepare(Image.open(io.BytesIO(data)).convert('RGB')), lambda text: text.decode())
        .batched(config['batchSize'])
    )
    loader = webdataset.WebLoader(
        dataset,
        batch_size=None,
        num_workers=options.threads,
        prefetch_factor=max(1, config['prefetch'] // options.threads),
        worker_init_fn=one_thread,
    )
    return iter(loader)


def main():
    options = parser(__doc__, ['bytes', 'normalised']).parse_args()
    set_threads(options)
    config = read_config(options.config)
    source = batches(config, options)

    def step():
        for _ in range(config['batchesPerStep']):
            next(source)

    serve(step, options)


if __name__ == '__main__':
    main()
