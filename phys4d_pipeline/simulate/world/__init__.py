"""The world that explicit solvers share: points, ropes, rigid bodies, hinges, ties, contacts.

`rope`, `grains`, `elastic` and the coupling of `liquid` and `sand` step it; each adds what it is
made of. Serial kernels in float64: same bytes on every run.
"""
