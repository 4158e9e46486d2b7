"""The model of a run for others: a Hugging Face folder to go on from, and a GGUF file to talk with.

Does: merge adapters, write both, in the first process; the GGUF is what `causerie models add` registers.
Does not: register or serve.
"""

from pathlib import Path

from torch.distributed.checkpoint.state_dict import StateDictOptions, get_model_state_dict

from causerie.modeling.gguf_file import save_gguf
from causerie.modeling.hf_folder import save_folder
from causerie.modeling.lora import adapters, apply_lora, merge_lora, save_lora
from causerie.modeling.transformer import Transformer
from causerie.tokenization.tokenizer import Tokenizer
from causerie.training.networks import lora_config
from causerie.training.parallel import Processes
from causerie.training.recipe import Recipe
from causerie.training.run_folder import new_tokens_of
from causerie.training.start_files import EXPORTED

GGUF = "model.gguf"


def export(
    recipe: Recipe, network: Transformer, tokenizer: Tokenizer, run: Path, processes: Processes
) -> Path | None:
    """Write the model into the run's `export`; the GGUF's path in the first process, None in others."""
    network = _gathered(recipe, network, processes)
    if not processes.first:
        return None
    folder = run / "export"
    folder.mkdir(parents=True, exist_ok=True)
    if any(True for _ in adapters(network)):
        save_lora(network, lora_config(recipe), folder / "lora", base=recipe.model.start, tokens=new_tokens_of(run))
        merge_lora(network)
    save_folder(network, tokenizer, run / EXPORTED)
    save_gguf(network, tokenizer, folder / GGUF, kind="f16", name=run.name)
    return folder / GGUF


def _gathered(recipe: Recipe, network: Transformer, processes: Processes) -> Transformer:
    """A copy that is whole in the first process, where each process has a part."""
    if processes.world == 1 or recipe.compute.parallel != "fsdp":
        return network
    state = get_model_state_dict(network, options=StateDictOptions(full_state_dict=True, cpu_offload=True))
    whole = Transformer(network.config)
    if recipe.lora is not None:
        apply_lora(whole, lora_config(recipe))
    if processes.first:
        whole.load_state_dict(state)
    return whole
