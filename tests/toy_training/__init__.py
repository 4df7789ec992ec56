"""A package of stages that is not ours: a tiny Wan transformer with adapters, on made-up latents."""

from training_jobs import run

__all__ = ["run"]
