"""The objectives by their names in a recipe."""

from collections.abc import Callable, Mapping

from causerie.training.contract import Objective
from causerie.training.objectives.dpo import DirectPreferences
from causerie.training.objectives.kto import Judgements
from causerie.training.objectives.pretrain import Pretrain
from causerie.training.objectives.sft import SupervisedFineTuning
from causerie.training.parallel import Processes
from causerie.training.recipe import ObjectiveName, Recipe

TABLE: Mapping[ObjectiveName, Callable[[Recipe, Processes], Objective]] = {
    "pretrain": Pretrain,
    "sft": SupervisedFineTuning,
    "dpo": DirectPreferences,
    "kto": Judgements,
}
