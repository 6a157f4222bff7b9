"""A notebook's stop button, pressed in the middle of training: what Jupyter's protocol sees, as JSON on standard output.

Run by interrupt.test.ts with the project's Python, in the notebooks' folder: RUN is where the run goes.
"""

import json
import os
import sys
from pathlib import Path
from queue import Empty

from jupyter_client.manager import start_new_kernel

RUN = Path(sys.argv[1])
PREPARE = """
import { openRun, shapes, shapesStage1, stage1, train } from '@blip2/core';
const world = shapes({ train: 128, validation: 16, test: 16 });
const recipe = stage1({ ...shapesStage1, data: world });
"""
TRAIN = "const run = await train(recipe, { out: process.env.RUN, steps: 1_000_000 });"
REOPEN = """
const found = openRun(process.env.RUN!);
console.log(JSON.stringify({ step: found.step, logged: found.log.length, interrupted: found.interrupted }));
"""


def steps_logged():
    log = RUN / "log.jsonl"
    return log.read_bytes().count(b"\n") if log.exists() else 0


def execute(client, code, while_running=lambda: None):
    """Executes a cell; `while_running` is called again and again until the kernel has answered."""
    request = client.execute(code)
    text = ""
    reply = None
    idle = False
    while not (reply and idle):
        while_running()
        try:
            message = client.get_iopub_msg(timeout=0.1)
            if message["parent_header"].get("msg_id") == request:
                text += message["content"].get("text", "")
                idle = idle or message["content"].get("execution_state") == "idle"
        except Empty:
            pass
        if reply is None:
            try:
                message = client.get_shell_msg(timeout=0.1)
                if message["parent_header"].get("msg_id") == request:
                    reply = message["content"]
            except Empty:
                pass
    return {"status": reply["status"], "text": text}


def main():
    os.environ["RUN"] = str(RUN)
    manager, client = start_new_kernel(kernel_name="tslab")
    pressed = False

    def press_stop():
        nonlocal pressed
        if not pressed and steps_logged() >= 5:
            pressed = True
            manager.interrupt_kernel()

    try:
        prepared = execute(client, PREPARE)
        trained = execute(client, TRAIN, press_stop)
        reopened = execute(client, REOPEN)
        after = steps_logged()
        again = execute(client, "console.log(6 * 7)")
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    print(
        json.dumps(
            {"prepared": prepared, "trained": trained, "reopened": reopened, "again": again, "logged": after}
        )
    )


main()
