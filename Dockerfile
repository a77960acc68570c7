FROM python:3.12-slim AS build
WORKDIR /app
# The environment gets no pip of its own: nothing is installed after the build.
RUN python -m venv --without-pip .venv
COPY requirements.lock .
RUN pip --python .venv/bin/python install \
    --no-cache-dir --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
COPY . .
# The root file system may be read-only at run time, and the user anyone.
RUN .venv/bin/python -m compileall -q -x /\.venv/ . && chmod -R a+rX .

FROM python:3.12-slim
WORKDIR /app
COPY --from=build /app /app
# Stands in for the volume a cluster mounts here; writable for whoever runs the container.
RUN mkdir -m 1777 /tmp/ocean
ENV PATH=/app/.venv/bin:$PATH \
    HOME=/tmp/ocean \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
# By number: a cluster that demands a non-root user cannot check a name.
USER 1001
EXPOSE 8000
CMD ["scripts/start"]
