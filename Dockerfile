# Built by scripts/image, which names the base by its digest, and sets the times and the labels.
ARG BASE=docker.io/library/python:3.12-slim

FROM ${BASE} AS build
WORKDIR /app
# The environment gets no pip of its own: nothing is installed after the build.
RUN python -m venv --without-pip .venv
COPY requirements.lock .
# Compiled below. The tests of packages, and what only Ocean's command line needs, stay out.
# Behind a proxy of your own, scripts/image hands over its authority and a configuration of pip.
RUN --mount=type=secret,id=authority,target=/etc/ssl/certs/ca-certificates.crt \
    --mount=type=secret,id=pip,target=/etc/pip.conf \
    pip --python .venv/bin/python install --no-compile \
        --no-cache-dir --disable-pip-version-check --no-deps --require-hashes -r requirements.lock \
    && find .venv -type d \( -name tests -o -name _tests -o -path '*/port_ocean/cli' \
        -o -path '*/port_ocean/integration_testing' \) -prune -exec rm -r {} + \
    && rm .venv/bin/ocean
COPY . .
# Ocean takes the JSON before the YAML, which it would parse for longer than all of this starts.
RUN .venv/bin/python -c 'import json, yaml; \
    print(json.dumps(yaml.safe_load(open(".port/spec.yaml", encoding="utf-8"))))' > .port/spec.json
# Compiled by content and not by time: the same code gives the same files, and no start compiles
# anything again. The base brings Python's own modules uncompiled.
RUN PYTHONHASHSEED=0 .venv/bin/python -m compileall -qf --invalidation-mode unchecked-hash . \
    && PYTHONHASHSEED=0 python -m compileall -qf --invalidation-mode unchecked-hash \
        -x 'site-packages|ensurepip|idlelib|lib2to3|tkinter|turtledemo' /usr/local/lib/python3.12
# What the image has beside its base, with one time for all, so that its layer is the same each time.
# The root file system may be read-only at run time, and the user anyone. /tmp/ocean stands in for the
# volume that a cluster mounts there.
ARG SOURCE_DATE_EPOCH=0
RUN chmod -R u=rwX,go=rX /app \
    && mkdir -p /image/tmp/ocean && chmod 1777 /image/tmp /image/tmp/ocean \
    && cp -a /app /image/ \
    && find /usr/local/lib/python3.12 -path '*/site-packages' -prune \
        -o -name '*.pyc' -exec cp --parents -t /image {} + \
    && find /image -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +

FROM ${BASE}
COPY --from=build /image /
WORKDIR /app
ENV PATH=/app/.venv/bin:$PATH \
    HOME=/tmp/ocean \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
# By number: a cluster that demands a non-root user cannot check a name.
USER 1001
EXPOSE 8000
CMD ["scripts/start"]
