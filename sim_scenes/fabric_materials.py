"""Fabrics by name: what a square metre weighs, forces per width, and how it is dyed and printed."""

from dataclasses import dataclass

from phys4d_pipeline.scene import Vec3

from .draws import Range
from .palette import PAINTS


@dataclass(frozen=True, kw_only=True)
class Fabric:
    """Cloth as ready for sewing, dry."""

    weight: float
    """Per area [kg/m2]."""
    thickness: float
    """Under the pressure of a gram per square centimetre or less [m]."""
    warp: float
    """Force per width and strain, at small strains [N/m]."""
    weft: float
    shear: float
    """Shear force per width and angle [N/m]."""
    bending: float
    """Bending rigidity: moment per width and curvature [N m]."""
    friction: float
    """Against itself [1]."""
    drape: Range
    """Drape coefficient of Cusick: share of a ring of cloth from 18 to 30 cm that its shadow
    covers when it hangs over a disc [1]."""
    roughness: Range
    prints: tuple[str, ...]
    """Of PRINTS."""
    colors: tuple[str, ...]
    """Of DYES."""


# Weight, stretching, bending: Wang, O'Brien and Ramamoorthi 2011 (ten fabrics, 0.113 to 0.324
# kg/m2: 11 oz denim 0.324 kg/m2 and 64e-6 N m, interlock 0.187 and 23e-6, satin-like red jet-set
# 0.113 and 14e-6; stretching 70 to 4,100 N/m); weights of others from trade standards (habotai 16
# momme = 69 g/m2, poplin 120, linen 180, worsted suiting 240, fleece 240, duck 340).
# Bending rigidity of fabrics that they do not list, and shear: Kawabata 1980 and the FAST ranges of
# De Boos and Tester 1994 (CSIRO): silk 1 to 6e-6 N m (filament faille 1.9e-6, broadcloth 11.6e-6,
# worsted tropical 6.6e-6: Matsudaira et al. 2015), poplin 6 to 12e-6, suiting 8 to 20e-6, denim
# and duck 50 to 200e-6; shear 0.3 to 2 gf/cm/deg = 17 to 112 N/m for apparel, up to 300 N/m for
# dense and coated weaves; here up to twice that, so that cloth pulled on the bias stays below 3 %.
# Stretching under 500 N/m strains these fabrics by 2 to 8 % (Kawabata's EMT), which asks for 6,000
# N/m and more; here it is that of small strains as measured by Wang et al.: steps stay long.
# Friction: Ajayi 1992 (fabric on fabric 0.2 filament, 0.35 to 0.6 staple).
# Drape: silk 0.20 to 0.40 (Matsudaira and Yang 2003), filament faille 0.28 and cotton broadcloth
# 0.83 (Matsudaira, Masuda, Wada and Yokura 2015), plain cotton 0.48 to 0.72 and satins 0.43 to 0.70
# (Fibres and Textiles 1/2018), plain cotton 0.68 (Gan, Ly and Steven 1991), worsted suiting 0.40 to
# 0.70, denim and heavy twill 0.70 to 0.90; others as fabrics of their bending length have (Cusick
# 1968, Hu and Chan 1998).
FABRICS: dict[str, Fabric] = {
    "silk": Fabric(
        weight=0.069,
        thickness=0.0003,
        warp=420.0,
        weft=340.0,
        shear=80.0,
        bending=1.6e-6,
        friction=0.25,
        drape=(0.2, 0.4),
        roughness=(0.25, 0.36),
        prints=("plain", "plain", "wide stripes", "large dots"),
        colors=("crimson", "royal blue", "emerald", "ivory", "plum", "gold"),
    ),
    "satin": Fabric(  # polyester, five-harness
        weight=0.113,
        thickness=0.0004,
        warp=700.0,
        weft=560.0,
        shear=120.0,
        bending=7.0e-6,
        friction=0.20,
        drape=(0.28, 0.7),
        roughness=(0.18, 0.28),
        prints=("plain", "wide stripes"),
        colors=("crimson", "royal blue", "emerald", "ivory", "plum", "gold", "rose"),
    ),
    "cotton": Fabric(  # poplin
        weight=0.120,
        thickness=0.0004,
        warp=800.0,
        weft=640.0,
        shear=150.0,
        bending=8.0e-6,
        friction=0.45,
        drape=(0.48, 0.83),
        roughness=(0.75, 0.9),
        prints=("gingham", "stripes", "dots", "wide stripes"),
        colors=("crimson", "royal blue", "emerald", "sky", "rose", "gold", "white", "navy"),
    ),
    "jersey": Fabric(  # cotton interlock: stretches, and is not asked to stay within 3 %
        weight=0.187,
        thickness=0.0008,
        warp=420.0,
        weft=280.0,
        shear=70.0,
        bending=23.0e-6,
        friction=0.45,
        drape=(0.2, 0.6),
        roughness=(0.8, 0.95),
        prints=("plain", "wide stripes", "stripes", "large dots"),
        colors=("white", "navy", "crimson", "sky", "emerald", "gold", "rose"),
    ),
    "linen": Fabric(
        weight=0.180,
        thickness=0.0006,
        warp=1250.0,
        weft=1050.0,
        shear=200.0,
        bending=20.0e-6,
        friction=0.45,
        drape=(0.4, 0.85),
        roughness=(0.8, 0.95),
        prints=("wide stripes", "gingham", "weave"),
        colors=("flax", "white", "sky", "sage", "rust"),
    ),
    "wool": Fabric(  # worsted suiting
        weight=0.240,
        thickness=0.0009,
        warp=1500.0,
        weft=1150.0,
        shear=170.0,
        bending=14.0e-6,
        friction=0.40,
        drape=(0.4, 0.7),
        roughness=(0.85, 0.98),
        prints=("tartan", "weave", "wide stripes"),
        colors=("navy", "crimson", "sage", "flax", "plum"),
    ),
    "fleece": Fabric(
        weight=0.240,
        thickness=0.003,
        warp=1250.0,
        weft=1000.0,
        shear=200.0,
        bending=30.0e-6,
        friction=0.55,
        drape=(0.3, 0.75),
        roughness=(0.95, 1.0),
        prints=("plain", "tartan", "large dots", "wide stripes"),
        colors=("crimson", "navy", "sage", "rose", "sky", "gold"),
    ),
    "terry": Fabric(  # towelling
        weight=0.420,
        thickness=0.0035,
        warp=2300.0,
        weft=2000.0,
        shear=260.0,
        bending=60.0e-6,
        friction=0.60,
        drape=(0.4, 0.85),
        roughness=(0.95, 1.0),
        prints=("wide stripes", "stripes", "plain"),
        colors=("white", "sky", "rose", "emerald", "gold", "navy", "flax"),
    ),
    "denim": Fabric(  # 11 oz
        weight=0.324,
        thickness=0.0011,
        warp=2200.0,
        weft=1700.0,
        shear=320.0,
        bending=64.0e-6,
        friction=0.50,
        drape=(0.7, 0.9),
        roughness=(0.85, 0.95),
        prints=("weave",),
        colors=("indigo", "faded blue", "black"),
    ),
    "canvas": Fabric(  # cotton duck, 10 oz
        weight=0.340,
        thickness=0.0009,
        warp=2400.0,
        weft=2000.0,
        shear=340.0,
        bending=110.0e-6,
        friction=0.50,
        drape=(0.65, 1.0),
        roughness=(0.85, 0.95),
        prints=("wide stripes", "stripes", "weave"),
        colors=("flax", "white", "sage", "rust", "navy"),
    ),
}
STIFF = ("silk", "satin", "cotton", "linen", "wool", "terry", "denim", "canvas", "fleece")
"""Asked to stretch by less than 3 %: all but jersey, a knit."""
SHEER = ("silk", "satin")
LIGHT = ("silk", "satin", "cotton")

DYES: dict[str, Vec3] = {
    "crimson": (0.50, 0.02, 0.035),
    "royal blue": (0.03, 0.09, 0.50),
    "emerald": (0.02, 0.28, 0.12),
    "ivory": (0.80, 0.75, 0.62),
    "plum": (0.20, 0.03, 0.22),
    "gold": (0.72, 0.42, 0.05),
    "black": PAINTS["black"],
    "rose": (0.72, 0.25, 0.32),
    "white": (0.82, 0.82, 0.80),
    "sky": (0.20, 0.44, 0.68),
    "navy": (0.02, 0.035, 0.13),
    "flax": (0.58, 0.48, 0.32),
    "sage": (0.26, 0.34, 0.20),
    "rust": (0.46, 0.14, 0.05),
    "indigo": (0.03, 0.06, 0.17),
    "faded blue": (0.14, 0.24, 0.42),
}
PARTNERS = ("white", "ivory", "navy", "gold", "crimson", "sky")
"""Second colours of prints."""
PRINTS: dict[str, tuple[str, Range]] = {
    "plain": ("plain", (0.1, 0.1)),
    "weave": ("fabric", (0.03, 0.06)),
    "stripes": ("stripes", (0.025, 0.05)),
    "wide stripes": ("stripes", (0.07, 0.14)),
    "gingham": ("checker", (0.04, 0.09)),
    "tartan": ("checker", (0.10, 0.18)),
    "dots": ("dots", (0.035, 0.06)),
    "large dots": ("dots", (0.09, 0.14)),
}
"""Texture and size of a repeat [m]."""
