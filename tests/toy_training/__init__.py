"""A package of stages that is not ours."""

from training_jobs import run

__all__ = ["run"]
