"""Pictures with texture everywhere, and the same shifted by a known amount."""

import cv2
import numpy as np


def texture(width: int, height: int, seed: int = 0, grain: float = 2.0) -> np.ndarray:
    """RGB uint8, smooth noise of full contrast."""
    noise = np.random.default_rng(seed).random((height, width, 3)).astype(np.float32)
    smooth = cv2.GaussianBlur(noise, (0, 0), grain)
    return np.asarray(cv2.normalize(smooth, None, 0, 255, cv2.NORM_MINMAX), np.uint8)


def shifted(picture: np.ndarray, dx: float, dy: float) -> np.ndarray:
    """What is at (x, y) comes to (x + dx, y + dy)."""
    matrix = np.array([[1, 0, dx], [0, 1, dy]], np.float32)
    size = picture.shape[1::-1]
    return cv2.warpAffine(picture, matrix, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_WRAP)
