"""Ocean's hooks, and nothing else."""

from port_ocean.context.ocean import ocean

from framework.hooks import check_settings, kind_reader
from framework.probe import probe_installation

ocean.on_start()(check_settings)
ocean.on_resync()(kind_reader())
ocean.on_probe()(probe_installation)
