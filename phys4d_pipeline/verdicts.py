"""What is stored of a scene -> Verdict: its checks, and what is wrong; nothing is made anew."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from .checks import Check
from .physics_checks import physics_checks
from .render import RENDERER_VERSION
from .scene import SceneSpec
from .simulate import solver_version
from .store import Clip, Store, layout


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """One scene of a batch."""

    clip_id: str
    checks: tuple[Check, ...]
    failure: str
    """Empty if nothing is wrong."""


def failures(checks: Sequence[Check]) -> str:
    """What a clip is kept out for; empty if no blocking check failed."""
    return "; ".join(
        f"{check.name} {check.value:.3g} > {check.bound:.3g} {check.unit}"
        for check in checks
        if check.blocking and not check.passed
    )


def judge_states(spec: SceneSpec, store: Store) -> Verdict:
    """Measure the physics of the stored states again."""
    version = solver_version(spec)
    clip_id, states_id = spec.clip_id(version), spec.states_id(version)
    if not store.has_states(states_id):
        return Verdict(
            clip_id=clip_id, checks=(), failure=quarantine_reason(store, clip_id) or "no states"
        )
    checks = tuple(physics_checks(spec, store.read_states(states_id)))
    return Verdict(clip_id=clip_id, checks=checks, failure=failures(checks))


def judge_clip(spec: SceneSpec, store: Store) -> Verdict:
    """Look whether the clip is there, whole, and passed every blocking check."""
    clip_id = spec.clip_id(solver_version(spec))
    if not store.has_clip(clip_id, renderer_version=RENDERER_VERSION):
        return Verdict(
            clip_id=clip_id, checks=(), failure=quarantine_reason(store, clip_id) or "not rendered"
        )
    clip = Clip(store, store.manifest(clip_id))
    if lost := "; ".join(lost_files(clip)):
        return Verdict(clip_id=clip_id, checks=(), failure=lost)
    checks = tuple(_recorded(clip.checks))
    return Verdict(clip_id=clip_id, checks=checks, failure=failures(checks))


def lost_files(clip: Clip) -> Iterator[str]:
    """Files that the manifest names and the store no longer holds whole."""
    for stored in clip.manifest.all_files:
        path = clip.path / stored.file
        size = path.stat().st_size if path.is_file() else -1
        if size != stored.bytes:
            yield f"{path}: {'missing' if size < 0 else f'{size} bytes, not {stored.bytes}'}"


def quarantine_reason(store: Store, clip_id: str) -> str:
    """Why a clip is in quarantine; empty if it is not."""
    key = layout.quarantine_key(clip_id)
    return store.read_json(key)["reason"] if store.folder.exists(key) else ""


def _recorded(rows: Sequence[dict[str, Any]]) -> Iterator[Check]:
    for row in rows:
        yield Check(**{name: value for name, value in row.items() if name != "pass"})
