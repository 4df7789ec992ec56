"""Where bodies, joints, ropes and single points of them are, told from a scene and its states."""
