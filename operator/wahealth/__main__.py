"""`python -m wahealth`."""

from __future__ import annotations

import sys

from wahealth.cli import main

sys.exit(main())
