"""What each of several processes runs: the recipe in its first argument, as `causerie train` would."""

import sys

import torch

from causerie.training.recipe import Recipe
from causerie.training.run import train

if __name__ == "__main__":
    torch.set_num_threads(1)
    train(Recipe.model_validate_json(sys.argv[1]), resume=sys.argv[2] == "resume")
