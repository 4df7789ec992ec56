"""Depth and motion of a plane and of a ball that move along the optical axis, in closed form."""

import torch

from phys4d_pipeline.objectives import Truth

FOCAL, HEIGHT, WIDTH = 40.0, 24, 32
K = torch.tensor([[FOCAL, 0.0, WIDTH / 2], [0.0, FOCAL, HEIGHT / 2], [0.0, 0.0, 1.0]])


def rays() -> torch.Tensor:
    """(H, W, 3) directions with z = 1 through the pixel centres, float64."""
    y = (torch.arange(HEIGHT, dtype=torch.float64) + 0.5 - HEIGHT / 2) / FOCAL
    x = (torch.arange(WIDTH, dtype=torch.float64) + 0.5 - WIDTH / 2) / FOCAL
    rows, columns = torch.meshgrid(y, x, indexing="ij")
    return torch.stack([columns, rows, torch.ones_like(rows)], -1)


def motion_of(points: torch.Tensor, moved: torch.Tensor) -> torch.Tensor:
    """(H, W, 3) camera points and where they go -> (3, H, W) motion (u, v, dz)."""
    pixels = FOCAL * (moved[..., :2] / moved[..., 2:] - points[..., :2] / points[..., 2:])
    return torch.cat([pixels, moved[..., 2:] - points[..., 2:]], -1).permute(2, 0, 1)


def tilted_plane(num_frames: int = 4, *, speed: float = -0.3, tilt: float = 0.4) -> Truth:
    """The plane z = 5 + tilt x + speed t, its points moving along z alone."""
    depth, motion = [], []
    for frame in range(num_frames):
        z = (5.0 + speed * frame) / (1 - tilt * rays()[..., 0])
        points = rays() * z[..., None]
        depth.append(z)
        motion.append(motion_of(points, points + torch.tensor([0.0, 0.0, speed])))
    return _truth(depth, motion, torch.zeros(num_frames, HEIGHT, WIDTH, dtype=torch.int32))


def approaching_ball(num_frames: int = 4, *, speed: float = -0.2) -> Truth:
    """A ball of radius 0.8 m at z = 4 + speed t before a wall at 8 m."""
    depth, motion, ids = [], [], []
    for frame in range(num_frames):
        centre = torch.tensor([0.0, 0.0, 4.0 + speed * frame], dtype=torch.float64)
        along, squared = rays() @ centre, rays().square().sum(-1)
        inside = along**2 - squared * (centre @ centre - 0.64)
        hit = inside > 0
        z = torch.where(hit, (along - inside.clamp(min=0).sqrt()) / squared, 8.0)
        points = rays() * z[..., None]
        step = torch.where(hit[..., None], torch.tensor([0.0, 0.0, speed]), torch.zeros(3))
        depth.append(z)
        motion.append(motion_of(points, points + step))
        ids.append(hit.int())
    return _truth(depth, motion, torch.stack(ids))


def _truth(depth: list, motion: list, ids: torch.Tensor) -> Truth:
    motions = torch.stack(motion, 1)[None].float()
    motions[:, :, -1] = torch.nan
    return Truth(
        depth=torch.stack(depth)[None, None].float(),
        motion=motions,
        segmentation=ids[None],
        occluded_forward=torch.zeros(1, *ids.shape, dtype=torch.uint8),
    )
