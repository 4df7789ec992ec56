"""A file per family of backbones: READS (names in model_index.json), load(folder), toy(sizes)."""
