"""RAFT (Teed and Deng 2020), large, 5.26 M parameters; weights as torchvision publishes them."""

from ..estimator import FlowEstimator
from ..raft import LARGE
from ..raft_flow import RaftFlow


def load(weights: str) -> FlowEstimator:
    """With the weights of a folder, file or hub id."""
    return RaftFlow(LARGE, weights)
