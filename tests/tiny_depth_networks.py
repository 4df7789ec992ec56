"""Depth networks of the published classes at toy size, saved as their checkpoints are."""

import json
from pathlib import Path
from typing import Any

import torch
from transformers import (
    DepthAnythingConfig,
    DepthAnythingForDepthEstimation,
    DepthProConfig,
    DepthProForDepthEstimation,
    Dinov2Config,
    DPTConfig,
    DPTForDepthEstimation,
)

STAGES = ["stage1", "stage2", "stage3", "stage4"]


def depth_anything(folder: Path, kind: str) -> Path:
    backbone = Dinov2Config(
        image_size=70,
        patch_size=14,
        hidden_size=32,
        num_hidden_layers=4,
        num_attention_heads=2,
        mlp_ratio=2,
        out_features=STAGES,
        reshape_hidden_states=False,
        apply_layernorm=True,
    )
    config = DepthAnythingConfig(
        backbone_config=backbone,
        reassemble_hidden_size=32,
        neck_hidden_sizes=[8, 16, 24, 32],
        fusion_hidden_size=16,
        head_hidden_size=8,
        depth_estimation_type=kind,
        max_depth=20,
    )
    return _save(folder, DepthAnythingForDepthEstimation, config, size=70, multiple=14)


def dpt(folder: Path) -> Path:
    config = DPTConfig(
        hidden_size=32,
        num_hidden_layers=4,
        num_attention_heads=2,
        intermediate_size=64,
        image_size=64,
        patch_size=16,
        backbone_out_indices=[0, 1, 2, 3],
        neck_hidden_sizes=[8, 16, 24, 32],
        fusion_hidden_size=16,
        reassemble_factors=[4, 2, 1, 0.5],
        use_auxiliary_head=False,
    )
    return _save(folder, DPTForDepthEstimation, config, size=64, multiple=1)


def depth_pro(folder: Path) -> Path:
    vit = {
        "model_type": "dinov2",
        "num_hidden_layers": 4,
        "patch_size": 8,
        "hidden_size": 16,
        "num_attention_heads": 2,
        "mlp_ratio": 2,
        "image_size": 32,
    }
    config = DepthProConfig(
        patch_size=32,
        fusion_hidden_size=16,
        intermediate_hook_ids=[1, 0],
        intermediate_feature_dims=[10, 8],
        scaled_images_feature_dims=[12, 10, 8],
        use_fov_model=True,
        image_model_config=vit,
        patch_model_config=vit,
        fov_model_config=vit,
    )
    return _save(folder, DepthProForDepthEstimation, config, size=128, multiple=1)


def _save(folder: Path, kind: Any, config: Any, *, size: int, multiple: int) -> Path:
    torch.manual_seed(0)
    kind(config).save_pretrained(folder)
    plain = {
        "size": {"height": size, "width": size},
        "keep_aspect_ratio": multiple > 1,
        "ensure_multiple_of": multiple,
        "image_mean": [0.485, 0.456, 0.406],
        "image_std": [0.229, 0.224, 0.225],
    }
    (folder / "preprocessor_config.json").write_text(json.dumps(plain))
    return folder
