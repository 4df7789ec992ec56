"""`python -m assets`: the demo. Worker processes would import a main file of any other name."""

import sys

from .demo import main

if __name__ == "__main__":
    sys.exit(main())
