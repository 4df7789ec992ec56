"""Every error a user can cause and mend; the command line prints one line and exits with 2.

Phys4DError
|-- SceneError        a scene that cannot be built (also a ValueError)
|-- SimulationError   a solver that failed or diverged
|-- DeviceError       a processor that was asked for and cannot be used
|-- CheckpointError   model weights that cannot be loaded or written


|-- TrainingError     a training that cannot start, go on, or be taken up again
|-- LabelError        an estimator, its weights, or a video that cannot be used
|-- StoreError        a store that cannot be read or written
    |-- ClipFormatError   stored bytes that are corrupt, truncated or of another format
"""


class Phys4DError(Exception):
    """What is wrong with which value, where, and what to do about it."""


class SceneError(Phys4DError, ValueError):
    """A scene description that cannot be built."""


class SimulationError(Phys4DError):
    """A solver that failed, diverged or left the allowed bounds."""


class DeviceError(Phys4DError):
    """A processor that was asked for and cannot be used."""


class CheckpointError(Phys4DError):
    """Model weights or adapters that cannot be loaded or written."""


class TrainingError(Phys4DError):
    """A training that cannot start, go on, or be taken up again."""


class LabelError(Phys4DError):
    """An estimator, its weights, or a video that cannot be used."""


class StoreError(Phys4DError):
    """A store that cannot be read or written."""


class ClipFormatError(StoreError):
    """Stored bytes that are corrupt, truncated, or of a format this code does not read."""
