"""Ocean's hooks in a preview: the integration's own, with limits and somebody who looks on.

Stands in the place of the integration's `main.py` in the folder that a preview starts Ocean in.
"""

import os

from port_ocean.context.ocean import ocean

from framework.hooks import check_settings, kind_reader
from workbench.preview.recorder import Recorder
from workbench.preview.watch import VARIABLE, Watch

recorder = Recorder(Watch.parse(os.environ[VARIABLE]))
ocean.on_start()(check_settings)
ocean.on_resync()(kind_reader(opened=recorder.opened, reading=recorder.reading))
