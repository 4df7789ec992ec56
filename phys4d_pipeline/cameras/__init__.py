"""Placing and moving cameras, and adding some to a scene; what a camera is stands in camera.py."""
