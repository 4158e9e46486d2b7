"""The peer of `serving.py`: transformers' `generate` on the weights of the same GGUF, in the peer's own environment.

Does: load the file once and keep it in each of the number formats named; then, for each line of standard input,
answer the prompt greedily with exactly so many new tokens and print one line of JSON.
Does not: stream, batch or compile: it is what the library's own pages on text generation show.
Try it: echo '{"prompt": "Hello", "new_tokens": 16, "dtype": "float32"}' |
        PYTHON_OF_THE_PEER -m benchmarks.transformers_peer MODEL.gguf float32
Source: https://huggingface.co/docs/transformers/gguf
"""

import copy
import json
import os
import sys
import time
from pathlib import Path

import torch  # type: ignore[import-not-found, unused-ignore]
from transformers import AutoModelForCausalLM, AutoTokenizer


def main() -> None:
    """Serve standard input until it ends."""
    path, dtypes = Path(sys.argv[1]), sys.argv[2:]
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    tokenizer = AutoTokenizer.from_pretrained(path.parent, gguf_file=path.name)
    loaded = AutoModelForCausalLM.from_pretrained(path.parent, gguf_file=path.name, dtype=torch.float32).eval()
    models = {name: copy.deepcopy(loaded).to(getattr(torch, name)) for name in dtypes}
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        wanted = json.loads(line)
        count = wanted["new_tokens"]
        began = time.perf_counter()
        messages = [{"role": "user", "content": wanted["prompt"]}]
        prompt = tokenizer.apply_chat_template(
            messages, add_generation_prompt=True, return_tensors="pt", return_dict=True
        )
        with torch.inference_mode():
            answer = models[wanted["dtype"]].generate(
                **prompt, do_sample=False, min_new_tokens=count, max_new_tokens=count
            )
        seconds = time.perf_counter() - began
        made = int(answer.shape[1] - prompt["input_ids"].shape[1])
        print(json.dumps({"completion_tokens": made, "seconds": round(seconds, 4)}), flush=True)


if __name__ == "__main__":
    main()
