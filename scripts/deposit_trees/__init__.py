"""How the trees that tell deposits against bone were made: ``python -m scripts.deposit_trees --help``."""
