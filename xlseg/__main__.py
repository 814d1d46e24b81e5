"""`python -m xlseg`."""

import sys

from xlseg.cli import main

sys.exit(main())
