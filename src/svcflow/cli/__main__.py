"""Run the command line where the installed program is not at hand: `python -m svcflow.cli`."""

import sys

from svcflow.cli.app import main

if __name__ == "__main__":
    sys.exit(main())
