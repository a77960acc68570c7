"""``suggest URL…``: from a running API to a mapping that is proved by its answers.

``asking`` sends requests, within a budget; ``items``, ``size``, ``position``, ``fields``,
``relations``, ``parents`` decide, each from answers alone; ``endpoint`` puts the questions in
order; ``proof`` lets the integration itself read what was decided; ``writing`` makes the files.
``openapi`` gives candidates, never answers.
"""
