"""Tokens inside a backbone, taken by hooks on its blocks while it predicts.

A tap works under adapters and under gradient checkpointing (its recomputation is not listened to,
since the hooks are gone by then); gradients flow through what it took.
"""

from collections.abc import Sequence
from types import TracebackType

import torch
from jaxtyping import Bool, Float

from .backbone import VideoBackbone

Tensor = torch.Tensor


class Taps:
    """`with Taps(backbone, depths) as taps: backbone.predict(...)`, then `taps.take()`."""

    def __init__(
        self, backbone: VideoBackbone, depths: Sequence[int], *, stop_early: bool = False
    ) -> None:
        """Prepare; nothing is hooked before the `with`.

        Args:
            backbone: Whose blocks are tapped.
            depths: Indices of blocks, counted from 0; the order of `take()`.
            stop_early: End the forward pass after the deepest of them; `predict` then returns
                nothing and the `with` block ends there.
        """
        num_blocks = len(backbone.blocks)
        if not depths or any(not 0 <= depth < num_blocks for depth in depths):
            raise ValueError(f"depths ({list(depths)}) must be some of 0 to {num_blocks - 1}.")
        self._backbone = backbone
        self._depths = tuple(depths)
        self._stop_early = stop_early
        self._tokens: dict[int, Tensor] = {}
        self._hooks: list[torch.utils.hooks.RemovableHandle] = []

    def __enter__(self) -> "Taps":
        blocks = self._backbone.blocks
        for depth in set(self._depths):
            self._hooks.append(blocks[depth].register_forward_hook(self._listener(depth)))
        # Stopping before the next block leaves the tapped one whole for checkpointing.
        if self._stop_early and max(self._depths) + 1 < len(blocks):
            following = blocks[max(self._depths) + 1]
            self._hooks.append(following.register_forward_pre_hook(_stop))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool:
        for hook in self._hooks:
            hook.remove()
        self._hooks.clear()
        return kind is _Stop

    def take(self) -> list[Float[Tensor, "B N D"]]:
        """Video tokens in (t, h, w) order, one tensor per depth; they are let go of here."""
        if not self._tokens:
            raise ValueError("Nothing was tapped: call backbone.predict inside the with block.")
        tokens, self._tokens = self._tokens, {}
        return [tokens[depth] for depth in self._depths]

    def _listener(self, depth: int):
        def listen(block: torch.nn.Module, inputs: object, output: object) -> None:
            self._tokens[depth] = self._backbone.video_tokens(output)

        return listen


def tapped_tokens(
    backbone: VideoBackbone,
    noisy: Float[Tensor, "B C t h w"],
    time: Float[Tensor, " B"],
    text: Float[Tensor, "B words width"],
    known: Bool[Tensor, " t"],
    *,
    depths: Sequence[int],
) -> list[Float[Tensor, "B N D"]]:
    """Tokens after blocks `depths`, without computing what lies behind the deepest."""
    taps = Taps(backbone, depths, stop_early=True)
    with taps:
        backbone.predict(noisy, time, text, known)
    return taps.take()


class _Stop(Exception):  # noqa: N818 - not an error
    """The deepest tap has what it wants."""


def _stop(block: torch.nn.Module, inputs: object) -> None:
    raise _Stop
