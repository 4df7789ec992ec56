"""What `--camera` takes, as `--help` prints it: apart, so that help loads nothing else."""

HELP = """\
A camera is a kind, with what you choose about it after a colon, or a JSON file:
  static                              stands still
  orbit:turn=60                       circles around the motion by so many degrees
  dolly:start=0.65                    moves in; the motion fills this share at first
  pan:sweep=6                         stands and turns sideways by so many degrees
  handheld:sway=1,seed=0              held by a calm hand (1) or a shaky one (3)
  path.json                           a camera, or a list of cameras, as an object:
      {"vertical_fov": 0.8, "eye": [[3, -2, 1.5]], "target": [[0, 0, 0.5]]}
      in radians and metres; with several keys it moves along a spline; also
      aperture, focus_distance, shutter
Every kind takes
  azimuth, elevation   [deg] of the eye, seen from the motion; default: as the clip's first camera
  fov                  [deg] vertical field of view; default: as the clip's first camera
  fill                 share of the picture that the motion takes (0.8)
  aperture             [m] radius of the lens opening: what is out of focus blurs (0)
  focus                [m] what is in focus; default: the motion
  shutter              share of the frame interval that it is open: motion blur (0)
Example: --camera orbit:turn=90,elevation=25 --camera static:azimuth=180,fov=35
"""
