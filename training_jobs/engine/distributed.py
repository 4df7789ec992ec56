"""torchrun's environment, or one process alone -> process group, device, sharded modules.

A process alone forms a group of one and shards as well: what works on one works on several.
"""

import os
import resource
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

import torch
import torch.distributed as dist
from torch._C._distributed_c10d import HashStore
from torch.distributed.device_mesh import DeviceMesh, init_device_mesh
from torch.distributed.fsdp import MixedPrecisionPolicy, fully_shard
from torch.distributed.tensor import DTensor
from torch.utils._pytree import tree_map_only

from phys4d_pipeline.device import VARIABLE, wanted_device
from phys4d_pipeline.errors import DeviceError

from .stage import Trained

_Result = TypeVar("_Result")


@dataclass(frozen=True, kw_only=True)
class Processes:
    """The trainers that work on one run together."""

    rank: int
    count: int
    device: torch.device
    mesh: DeviceMesh

    @property
    def is_first(self) -> bool:
        """The one that writes logs and exports."""
        return self.rank == 0

    def on_first(self, action: Callable[[], _Result]) -> _Result:
        """What `action` returns on the first process, on all of them.

        If it raises there, the others leave quietly: one process tells the user.
        """
        outcome: list[Any] = [False, None]
        try:
            if self.is_first:
                outcome = [True, action()]
        finally:
            dist.broadcast_object_list(outcome, src=0)
        if not outcome[0]:
            raise SystemExit(2)
        return outcome[1]

    def total(self, values: torch.Tensor) -> torch.Tensor:
        """Sums over all processes."""
        dist.all_reduce(values)
        return values


def training_device() -> torch.device:
    """Where this process trains: `PHYS4D_DEVICE`, and torchrun's `LOCAL_RANK` among several GPUs.

    Raises:
        DeviceError: A GPU is asked for and torch has none for this process.
    """
    wanted = wanted_device()
    local_rank = int(os.environ.get("LOCAL_RANK", "0"))
    found = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if wanted == "cpu" or (wanted == "auto" and not found):
        return torch.device("cpu")
    if local_rank >= found:
        raise DeviceError(
            f"{VARIABLE}={wanted}: process {local_rank} of this machine needs a GPU of its own and "
            f"torch {torch.__version__} finds {found}; start fewer processes, or set {VARIABLE} to "
            "cpu."
        )
    return torch.device("cuda", local_rank)


@contextmanager
def joined_processes() -> Iterator[Processes]:
    """The processes that torchrun started, or this one alone, until the block ends."""
    device = training_device()
    if device.type == "cuda":
        torch.cuda.set_device(device)
    backend = "cpu:gloo,cuda:nccl" if device.type == "cuda" else "gloo"
    if "RANK" in os.environ and "WORLD_SIZE" in os.environ:
        dist.init_process_group(backend)
    else:  # no port is opened
        dist.init_process_group(backend, store=HashStore(), rank=0, world_size=1)
    try:
        count = dist.get_world_size()
        mesh = init_device_mesh(device.type, (count,))
        yield Processes(rank=dist.get_rank(), count=count, device=device, mesh=mesh)
    finally:
        dist.destroy_process_group()


def shard(
    trained: Mapping[str, Trained], processes: Processes, dtype: Literal["float32", "bfloat16"]
) -> torch.nn.ModuleDict:
    """Spread each module over all processes (FSDP2), in place, computing in `dtype`.

    What is trained is first made equal to the first process's. Master weights and the sums of
    gradients stay float32; what a module returns is float32 again.
    """
    for part in trained.values():
        part.module.to(processes.device)
        for parameter in part.module.parameters():
            if parameter.requires_grad:
                dist.broadcast(parameter.detach(), src=0)
        for block in part.blocks:
            fully_shard(block, mesh=processes.mesh, mp_policy=_policy(dtype))
        if dtype == "bfloat16":
            part.module.register_forward_pre_hook(_in_bfloat16, with_kwargs=True)
        fully_shard(part.module, mesh=processes.mesh, mp_policy=_policy(dtype, is_root=True))
    return torch.nn.ModuleDict({name: part.module for name, part in trained.items()})


def _policy(dtype: str, *, is_root: bool = False) -> MixedPrecisionPolicy:
    if dtype == "float32":
        return MixedPrecisionPolicy()
    return MixedPrecisionPolicy(
        param_dtype=torch.bfloat16,
        reduce_dtype=torch.float32,
        output_dtype=torch.float32 if is_root else None,
        cast_forward_inputs=False,  # rotary angles and times must keep their digits: see below
    )


def _in_bfloat16(
    _: torch.nn.Module, arguments: tuple[Any, ...], options: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Cast latents, tokens and embeddings; bfloat16 would round time 999 to 1000."""

    def cast(tensor: torch.Tensor) -> torch.Tensor:
        is_data = tensor.is_floating_point() and tensor.ndim >= 3
        return tensor.bfloat16() if is_data else tensor

    return tree_map_only(torch.Tensor, cast, (arguments, options))


def whole(tensor: torch.Tensor) -> torch.Tensor:
    """The tensor that all processes hold a part of, on the CPU; all of them must call it."""
    full = tensor.full_tensor() if isinstance(tensor, DTensor) else tensor
    return full.detach().cpu()


def local(tensor: torch.Tensor) -> torch.Tensor:
    """This process's part, sharing its memory."""
    return tensor.to_local() if isinstance(tensor, DTensor) else tensor


def peak_memory_gib(device: torch.device) -> float:
    """Most that this process had at once: on the GPU, or in main memory [GiB]."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device) / 2**30
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


@contextmanager
def views_may_leave_modules() -> Iterator[None]:
    """Let a sharded transformer return a view: nobody writes into its output in place."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="FSDP2-wrapped module .* returned a view")
        yield
