# One image for operator, sidecar and simulator. No compiler and no pip in what is shipped.
#   docker build --build-arg REVISION=$(git rev-parse HEAD) -t wahealth:0.1.0 .
# BASE may be any Debian image with python3 (3.11 or newer) and its venv module.
ARG BASE=python:3.13-slim-bookworm

FROM ${BASE} AS build
WORKDIR /src
RUN python3 -m venv /opt/build && python3 -m venv --without-pip /opt/wahealth
COPY requirements.lock requirements-build.lock ./
RUN /opt/build/bin/python -m pip install --no-cache-dir --require-hashes -r requirements-build.lock \
 && /opt/build/bin/python -m pip --python /opt/wahealth/bin/python install \
    --no-cache-dir --no-compile --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY operator operator
RUN /opt/build/bin/hatchling build -t wheel -d /tmp/wheel \
 && /opt/build/bin/python -m pip --python /opt/wahealth/bin/python install --no-cache-dir --no-compile --no-deps /tmp/wheel/*.whl

FROM ${BASE}
ARG BASE
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="wahealth" \
      org.opencontainers.image.description="The health of WhatsApp Business API clients as a Kubernetes resource" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.base.name="${BASE}" \
      org.opencontainers.image.licenses="Apache-2.0"
RUN rm -rf /usr/local/bin/pip* /usr/local/lib/python3.*/site-packages/pip* /usr/share/python-wheels \
    /usr/local/lib/python3.*/ensurepip /usr/lib/python3.*/ensurepip
COPY --from=build /opt/wahealth /opt/wahealth
ENV PATH=/opt/wahealth/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
USER 65532:65532
ENTRYPOINT ["wahealth"]
CMD ["operator"]
