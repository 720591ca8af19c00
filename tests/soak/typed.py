"""A command as typed, in a process of its own, with a fault: python -m tests.soak.typed PLAN …"""

import json
import sys

from mars_model.cli.start import main
from tests.soak.faults import Boundaries, Plan, install

if __name__ == "__main__":
    boundaries = Boundaries()
    boundaries.follow(Plan(**json.loads(sys.argv[1])))
    install(boundaries)
    sys.argv = ["mars-batch", *sys.argv[2:]]
    main()
