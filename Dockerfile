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
COPY pyproject.toml LICENSE ./
COPY operator operator
RUN /opt/build/bin/hatchling build -t wheel -d /tmp/wheel \
 && /opt/build/bin/python -m pip --python /opt/wahealth/bin/python install --no-cache-dir --no-compile --no-deps /tmp/wheel/*.whl
# Compiled here, because nobody can write there later. Nothing is edited in an image, so Python need not look at a source
# again, nor at its time, which a copy may change: hence unchecked-hash, and -f for what is compiled already. With one
# seed, the same sources give the same bytes. Left out is what nobody imports, 50 MB: the models and APIs of the
# Kubernetes client, all but three.
RUN PYTHONHASHSEED=0 /opt/wahealth/bin/python -m compileall -q -f --invalidation-mode unchecked-hash \
    -x '/kubernetes/(aio/)?client/(api|models)/[a-z]' /opt/wahealth/lib

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
    /usr/local/lib/python3.*/ensurepip /usr/lib/python3.*/ensurepip \
 # Official images come without the standard library's bytecode; Debian's have it, and then nothing is compiled here.
 && PYTHONHASHSEED=0 python3 -m compileall -q --invalidation-mode unchecked-hash -x '/(test|idlelib|lib2to3|site-packages|dist-packages)/' \
    "$(python3 -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')"
COPY --from=build /opt/wahealth /opt/wahealth
ENV PATH=/opt/wahealth/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
USER 65532:65532
ENTRYPOINT ["wahealth"]
CMD ["operator"]
